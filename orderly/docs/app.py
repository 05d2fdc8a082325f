"""The pages beside the API: the docs, the list of errors, and the contract itself."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound
from werkzeug.exceptions import MethodNotAllowed as WrongMethod

from orderly.contract.model import Contract
from orderly.docs.changes import read, rendered
from orderly.docs.errors import explained
from orderly.docs.operations import shown
from orderly.errors import DomainError
from orderly.http.errors import InternalError, MethodNotAllowed, PathNotFound
from orderly.http.messages import SCOPE_KEY, Request
from orderly.http.problems import ProblemRenderer
from orderly.observability.metrics import MEDIA_TYPE, Metrics

ASSETS = {
    "swagger-ui.css": ("flask_swagger_ui", "dist/swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": ("flask_swagger_ui", "dist/swagger-ui-bundle.js", "text/javascript"),
    "favicon.png": ("flask_swagger_ui", "dist/favicon-32x32.png", "image/png"),
    "init.js": ("orderly.docs", "assets/init.js", "text/javascript"),
    "signin.js": ("orderly.docs", "assets/signin.js", "text/javascript"),
    "pages.css": ("orderly.docs", "assets/pages.css", "text/css"),
}
HTML = "text/html; charset=utf-8"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_pages(
    contract: Contract,
    changes: Path,
    metrics: Metrics,
    allowed_networks: Iterable[IPv4Network | IPv6Network],
    scripts: Sequence[str] = (),
) -> Flask:
    """The application of the pages. All but the metrics is made once, for the first who asks for it.

    Args:
        contract: what the pages tell of.
        changes: the file of its changelog.
        metrics: what is scraped.
        readers: who may scrape it; for others there is no such page.
        scripts: those of the workbench that the docs page has here.
    """
    pages = Flask(__name__, static_folder=None)
    pages.url_map.merge_slashes = False  # no answer of this service is a redirect
    pages.after_request(_answer_options)
    problems = ProblemRenderer(contract.errors)
    pages.register_error_handler(HTTPException, lambda error: _problem(problems, error))
    page = partial(_page, contract.document["info"]["title"])
    _serve(pages, "/openapi.yaml", lambda: contract.source, "application/yaml")
    _serve(pages, "/openapi.json", lambda: orjson.dumps(contract.document), "application/json")
    _serve(pages, "/docs/openapi.json", lambda: orjson.dumps(shown(contract)), "application/json")
    _serve(pages, "/docs", lambda: page("docs.html", scripts=scripts, sign_in=_sign_in(contract)), HTML)
    _serve(pages, "/changes", lambda: page("changes.html", changes=rendered(read(changes))), HTML)
    _serve(pages, "/errors", lambda: page("errors.html", errors=list(explained(contract))), HTML)
    own = {name: ("orderly.docs", f"assets/{name}", "text/javascript") for name in scripts}
    for name, (package, path, media_type) in {**ASSETS, **own}.items():
        _serve(pages, f"/docs/assets/{name}", files(package).joinpath(path).read_bytes, media_type)
    pages.add_url_rule("/metrics", view_func=_scraping(metrics, tuple(allowed_networks)), methods=["GET"])
    return pages


def _scraping(metrics: Metrics, allowed_networks: tuple[IPv4Network | IPv6Network, ...]) -> Callable[[], Response]:
    def scrape() -> Response:
        if not any(ip_address(_arrived().client) in network for network in allowed_networks):
            raise NotFound
        return Response(metrics.render(), content_type=MEDIA_TYPE)

    return scrape


def _sign_in(contract: Contract) -> str | None:
    """Where a password is exchanged for a token; None if the contract has no such thing."""
    found = (o for o in contract.operations if (o.tag, o.operation_id) == ("tokens", "create_token"))
    return next((contract.base_path + operation.path for operation in found), None)


def _page(title: str, template: str, **of: Any) -> bytes:
    return render_template(template, title=title, **of).encode()


def _serve(pages: Flask, path: str, make: Callable[[], bytes], media_type: str) -> None:
    @cache
    def made() -> tuple[bytes, str]:
        content = make()
        return content, sha256(content).hexdigest()[:32]

    def answer() -> Response:
        content, etag = made()
        response = Response(content, content_type=media_type)
        response.set_etag(etag)
        response.headers["Cache-Control"] = "no-cache"  # keep it, and ask each time whether it is still true
        if media_type == HTML:
            response.headers["Content-Security-Policy"] = PAGE_POLICY
        response.make_conditional(request)
        return response

    pages.add_url_rule(path, endpoint=path, view_func=answer, methods=["GET"])


def _answer_options(response: Response) -> Response:
    if request.method == "OPTIONS" and response.status_code == HTTPStatus.OK:
        response.status_code = HTTPStatus.NO_CONTENT
        response.headers["Allow"] = ", ".join(sorted(response.allow))
        del response.headers["Content-Type"]
    return response


def _problem(problems: ProblemRenderer, error: HTTPException) -> Response:
    reply = problems.render(_domain_error(error), _arrived().id)
    return Response(reply.body, reply.status, reply.headers, content_type=reply.media_type)


def _domain_error(error: HTTPException) -> DomainError:
    if isinstance(error, WrongMethod):
        return MethodNotAllowed(", ".join(sorted(error.valid_methods or ())))
    return InternalError() if isinstance(error, InternalServerError) else PathNotFound()


def _arrived() -> Request:
    """The request as the edge has read it."""
    found: Request = request.environ["asgi.scope"][SCOPE_KEY]
    return found
