"""Pagination: signed cursors, the page object and its Link header (RFC 8288)."""

from typing import Any
from urllib.parse import urlencode

from itsdangerous import BadSignature, URLSafeSerializer

from orderly.contract.operation import Operation
from orderly.database.pagination import Key, Page
from orderly.http.errors import BadRequest
from orderly.http.messages import Request
from orderly.pipeline.context import RequestContext

CURSOR_PARAMETERS = ("cursor", "after")
"""The names of the cursor parameter; the first one if a list declares neither."""
INVALID_CURSOR = {
    "in": "query",
    "keyword": "cursor",
    "message": "must be a next_cursor of the same list with the same filters, as the same caller",
}


class CursorSigner:
    """Signer of cursors. A cursor is valid for one list, one caller and one set of filters."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def sign(self, key: Key, scope: str) -> str:
        """Return the cursor of a key.

        Args:
            key: the sort key of the last row.
            scope: the list, the caller and the filters.
        """
        return str(self._serializer(scope).dumps(list(key)))

    def verify(self, cursor: str, scope: str, parameter: str) -> Key:
        """Return the key of a cursor.

        Raises:
            BadRequest: the cursor was altered, or is of another list, caller or filter.
        """
        try:
            key: Key = self._serializer(scope).loads(cursor)
        except BadSignature:
            raise self._invalid_cursor(parameter) from None
        # Base64 has unused bits, so other texts decode to the same key. They were not written here.
        if self.sign(key, scope) != cursor:
            raise self._invalid_cursor(parameter)
        return key

    def _invalid_cursor(self, parameter: str) -> BadRequest:
        return BadRequest([{**INVALID_CURSOR, "name": parameter}])

    def _serializer(self, scope: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=f"cursor {scope}")


class Paginator:
    """Paginator of one operation."""

    def __init__(self, operation: Operation, signer: CursorSigner) -> None:
        self._name = operation.operation_id
        self._signer = signer
        self._parameters = {p.name: p.argument for p in operation.parameters if p.location == "query"}
        self._filters = set(self._parameters.values()) - {"limit", *CURSOR_PARAMETERS}
        self._cursor = next((name for name in self._parameters if name in CURSOR_PARAMETERS), CURSOR_PARAMETERS[0])

    def page(self, page: Page[Any], context: RequestContext, headers: dict[str, str]) -> dict[str, Any]:
        """Return the page object, and add Link to the headers."""
        request, arguments = context.request, context.arguments
        scope = self._scope(context)
        cursor = arguments.get(self._cursor)
        after = self._signer.verify(cursor, scope, self._cursor) if cursor is not None else None
        session = context.current_session
        source = session.connection() if page.of_rows else session.session
        rows = page.rows(source, arguments["limit"], after)
        resume = rows.last or (after if page.follow else None)
        following = self._signer.sign(resume, scope) if resume and (rows.has_more or page.follow) else None
        if rows.has_more and following:
            headers["Link"] = f'<{self._link(request, arguments, following)}>; rel="next"'
        return {"data": rows.data, "has_more": rows.has_more, "next_cursor": following}

    def _scope(self, context: RequestContext) -> str:
        """Return the list, its path, the caller and the filters."""
        filters = sorted((name, value) for name, value in context.arguments.items() if name in self._filters)
        path = sorted(context.request.path_arguments.items())
        return f"{self._name} {path} {context.caller and context.caller.id} {filters}"

    def _link(self, request: Request, arguments: dict[str, Any], cursor: str) -> str:
        sent = {n: arguments[a] for n, a in self._parameters.items() if a in arguments and n != self._cursor}
        query = {n: str(v).lower() if isinstance(v, bool) else v for n, v in sent.items()} | {self._cursor: cursor}
        return f"{request.path}?{urlencode(query, doseq=True)}"
