"""Lists: signed cursors, the page object and its Link header (RFC 8288)."""

from typing import Any
from urllib.parse import urlencode

from itsdangerous import BadSignature, URLSafeSerializer

from orderly.contract.operation import Operation
from orderly.database.pagination import Key, Page
from orderly.http.errors import BadRequest
from orderly.http.messages import Request
from orderly.pipeline.context import RequestContext

CURSORS = ("cursor", "after")
"""What the parameter is called that a page begins after."""
BAD_CURSOR = {
    "in": "query",
    "keyword": "cursor",
    "message": "must be a next_cursor of the same list with the same filters, as the same caller",
}


class CursorSigner:
    """Makes and reads cursors, which are signed: a place in one list, as one caller sees it under one filter."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def write(self, key: Key, scope: str) -> str:
        """The cursor of a place."""
        return str(self._serializer(scope).dumps(list(key)))

    def read(self, cursor: str, scope: str, parameter: str) -> Key:
        """The place of a cursor.

        Raises:
            BadRequest: it was altered, or is of another list, caller or filter.
        """
        try:
            key: Key = self._serializer(scope).loads(cursor)
        except BadSignature:
            raise self._invalid_cursor(parameter) from None
        # Base64 leaves bits over that say nothing: another text for the same place was not written here.
        if self.write(key, scope) != cursor:
            raise self._invalid_cursor(parameter)
        return key

    def _invalid_cursor(self, parameter: str) -> BadRequest:
        return BadRequest([{**BAD_CURSOR, "name": parameter}])

    def _serializer(self, scope: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=f"cursor {scope}")


class Paginator:
    """Pages the list of one operation."""

    def __init__(self, operation: Operation, cursors: CursorSigner) -> None:
        self._name = operation.operation_id
        self._cursors = cursors
        self._parameters = {p.name: p.argument for p in operation.parameters if p.location == "query"}
        self._filters = set(self._parameters.values()) - {"limit", *CURSORS}
        self._cursor = next((name for name in self._parameters if name in CURSORS), CURSORS[0])

    def page(self, page: Page[Any], context: RequestContext, headers: dict[str, str]) -> dict[str, Any]:
        """Return one page as the contract has pages; adds its `Link` to the headers."""
        request, arguments = context.request, context.arguments
        scope = self._scope(context)
        cursor = arguments.get(self._cursor)
        after = self._cursors.read(cursor, scope, self._cursor) if cursor is not None else None
        source = context.current.connection() if page.of_rows else context.current.session
        rows = page.rows(source, arguments["limit"], after)
        resume = rows.last or (after if page.follow else None)
        following = self._cursors.write(resume, scope) if resume and (rows.has_more or page.follow) else None
        if rows.has_more and following:
            headers["Link"] = f'<{self._link(request, arguments, following)}>; rel="next"'
        return {"data": rows.data, "has_more": rows.has_more, "next_cursor": following}

    def _scope(self, context: RequestContext) -> str:
        """Return what a cursor is bound to: the list, the object that it belongs to, the caller and the filters."""
        filters = sorted((name, value) for name, value in context.arguments.items() if name in self._filters)
        path = sorted(context.request.path_arguments.items())
        return f"{self._name} {path} {context.caller and context.caller.id} {filters}"

    def _link(self, request: Request, arguments: dict[str, Any], cursor: str) -> str:
        given = {n: arguments[a] for n, a in self._parameters.items() if a in arguments and n != self._cursor}
        query = {n: str(v).lower() if isinstance(v, bool) else v for n, v in given.items()} | {self._cursor: cursor}
        return f"{request.path}?{urlencode(query, doseq=True)}"
