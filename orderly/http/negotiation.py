"""Content negotiation: Accept and Content-Type."""

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

from orderly.http.errors import NotAcceptable, UnsupportedMediaType
from orderly.http.messages import Request

JSON = "application/json"


def check_acceptable(request: Request) -> None:
    """Check that Accept does not exclude JSON (RFC 9110, 12.5.1).

    Raises:
        NotAcceptable: neither application/json nor a range that includes it is acceptable.
    """
    accept = ",".join(request.headers.get("accept", []))
    if accept.strip() and not parse_accept_header(accept, MIMEAccept).quality(JSON):
        raise NotAcceptable


def check_media_type(request: Request, declared: frozenset[str]) -> None:
    """Check that the body has a declared media type.

    Raises:
        UnsupportedMediaType: Content-Type is missing, sent twice, not declared, or names a charset other than UTF-8,
            or the body has a Content-Encoding.
    """
    media_types = request.headers.get("content-type", [])
    if len(media_types) != 1 or any(coding != "identity" for coding in request.headers.get("content-encoding", [])):
        raise UnsupportedMediaType
    if (media_type := media_types[0]) in declared:
        return
    name, parameters = parse_options_header(media_type)
    if name.lower() not in declared or parameters.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedMediaType
