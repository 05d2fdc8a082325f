"""The pages beside the API: documentation, errors, changes, contract and metrics."""

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
from orderly.docs.errors import list_errors
from orderly.docs.operations import docs_document
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
    """Return the application of the pages.

    Each page except the metrics is rendered once, at its first request.

    Args:
        contract: the contract described by the pages.
        changes: the file of the contract's changelog.
        metrics: the metrics of the service.
        allowed_networks: networks that may read the metrics; for other clients the page does not exist.
        scripts: scripts of the developer tools to include in the docs page.
    """
    pages = Flask(__name__, static_folder=None)
    pages.url_map.merge_slashes = False  # this service sends no redirects
    pages.after_request(_complete_options)
    problems = ProblemRenderer(contract.errors)
    pages.register_error_handler(HTTPException, lambda error: _problem(problems, error))
    page = partial(_page, contract.document["info"]["title"])
    _serve(pages, "/openapi.yaml", lambda: contract.source, "application/yaml")
    _serve(pages, "/openapi.json", lambda: orjson.dumps(contract.document), "application/json")
    _serve(pages, "/docs/openapi.json", lambda: orjson.dumps(docs_document(contract)), "application/json")
    _serve(pages, "/docs", lambda: page("docs.html", scripts=scripts, sign_in=_sign_in(contract)), HTML)
    _serve(pages, "/changes", lambda: page("changes.html", changes=rendered(read(changes))), HTML)
    _serve(pages, "/errors", lambda: page("errors.html", errors=list(list_errors(contract))), HTML)
    extra = {name: ("orderly.docs", f"assets/{name}", "text/javascript") for name in scripts}
    for name, (package, path, media_type) in {**ASSETS, **extra}.items():
        _serve(pages, f"/docs/assets/{name}", files(package).joinpath(path).read_bytes, media_type)
    pages.add_url_rule("/metrics", view_func=_scraping(metrics, tuple(allowed_networks)), methods=["GET"])
    return pages


def _scraping(metrics: Metrics, allowed_networks: tuple[IPv4Network | IPv6Network, ...]) -> Callable[[], Response]:
    def scrape() -> Response:
        if not any(ip_address(_engine_request().client) in network for network in allowed_networks):
            raise NotFound
        return Response(metrics.render(), content_type=MEDIA_TYPE)

    return scrape


def _sign_in(contract: Contract) -> str | None:
    """Return the path that exchanges a password for a token, or None."""
    matches = (o for o in contract.operations if (o.tag, o.operation_id) == ("tokens", "create_token"))
    return next((contract.base_path + operation.path for operation in matches), None)


def _page(title: str, template: str, **values: Any) -> bytes:
    return render_template(template, title=title, **values).encode()


def _serve(pages: Flask, path: str, render: Callable[[], bytes], media_type: str) -> None:
    @cache
    def rendered() -> tuple[bytes, str]:
        content = render()
        return content, sha256(content).hexdigest()[:32]

    def view() -> Response:
        content, etag = rendered()
        response = Response(content, content_type=media_type)
        response.set_etag(etag)
        response.headers["Cache-Control"] = "no-cache"  # a cache revalidates at each request
        if media_type == HTML:
            response.headers["Content-Security-Policy"] = PAGE_POLICY
        response.make_conditional(request)
        return response

    pages.add_url_rule(path, endpoint=path, view_func=view, methods=["GET"])


def _complete_options(response: Response) -> Response:
    if request.method == "OPTIONS" and response.status_code == HTTPStatus.OK:
        response.status_code = HTTPStatus.NO_CONTENT
        response.headers["Allow"] = ", ".join(sorted(response.allow))
        del response.headers["Content-Type"]
    return response


def _problem(problems: ProblemRenderer, error: HTTPException) -> Response:
    problem = problems.render(_domain_error(error), _engine_request().id)
    return Response(problem.body, problem.status, problem.headers, content_type=problem.media_type)


def _domain_error(error: HTTPException) -> DomainError:
    if isinstance(error, WrongMethod):
        return MethodNotAllowed(", ".join(sorted(error.valid_methods or ())))
    return InternalError() if isinstance(error, InternalServerError) else PathNotFound()


def _engine_request() -> Request:
    """Return the engine's object for the current request."""
    engine_request: Request = request.environ["asgi.scope"][SCOPE_KEY]
    return engine_request
