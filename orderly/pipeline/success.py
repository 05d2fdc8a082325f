"""Success responses: pages, ETag, Location, and validation against the contract."""

from typing import Any

import orjson

from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.database.pagination import Page
from orderly.http.messages import Response
from orderly.pipeline.context import RequestContext
from orderly.pipeline.location import location_builder
from orderly.pipeline.pagination import CursorSigner, Paginator
from orderly.pipeline.preconditions import etag, is_current
from orderly.validation.response import ResponseValidator


class SuccessBuilder:
    """Builder of the declared response from a handler's result."""

    def __init__(
        self, contract: Contract, operation: Operation, validator: ResponseValidator, signer: CursorSigner
    ) -> None:
        self._validator = validator
        self._paginator = Paginator(operation, signer)
        self._status = int(operation.success.status)
        self._media_type = next(iter(operation.success.media), None)
        self._is_get = operation.method == "GET"
        headers = {header.name for header in operation.success.headers}
        self._has_etag = "ETag" in headers
        self._location = location_builder(contract, operation) if "Location" in headers else None

    def build(self, result: Any, context: RequestContext) -> Response:
        """Return the validated response.

        Args:
            result: what the handler returned: a JSON value or a `Page`.
            context: the state of the request.

        Raises:
            ResponseContractError: the contract does not declare the response.
        """
        headers: dict[str, str] = {}
        if isinstance(result, Page):
            result = self._paginator.page(result, context, headers)
        if self._has_etag:
            headers["ETag"] = etag(result)
            if self._is_get and is_current(headers["ETag"], context.request):
                return self._validated(Response(304, headers, media_type=None))
        if self._location is not None:
            headers["Location"] = self._location(result, context.request)
        body = b"" if self._media_type is None else orjson.dumps(result)
        return self._validated(Response(self._status, headers, body, result, self._media_type))

    def _validated(self, response: Response) -> Response:
        self._validator.check(response.status, response.media_type, response.headers, response.json)
        return response
