"""`Prefer: code=409` (RFC 7240): any declared response, built from its example."""

import re
from copy import deepcopy

import orjson

from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.devtools.sandbox.examples import example_response, headers_of
from orderly.http.errors import BadRequest
from orderly.http.messages import Request, Response
from orderly.http.problems import MEDIA_TYPE
from orderly.pipeline.path_templates import PathTemplates

Errors = dict[str, dict[str, str]]

CODE = re.compile(r"(?:^|[,;\s])code=\"?([0-9]{3})\b\"?")
EXAMPLE = re.compile(r"(?:^|[,;\s])example=\"?([A-Za-z0-9_.-]+)\"?")


class PreferredResponse:
    """Responses that requests prefer."""

    def __init__(self, contract: Contract) -> None:
        self._base_path = contract.base_path
        self._errors = contract.errors
        self._operations = {(o.path, o.method): o for o in contract.operations}
        self._paths = PathTemplates(dict.fromkeys(operation.path for operation in contract.operations))

    def find(self, request: Request) -> Response | None:
        """Return the preferred response, or None without a preference.

        Raises:
            BadRequest: the operation does not declare the preferred response.
        """
        preferred = ",".join(request.headers.get("prefer", []))
        code = CODE.search(preferred)
        operation = self._operation(request) if code else None
        if code is None or operation is None:
            return None
        name = EXAMPLE.search(preferred)
        response = preferred_response(operation, int(code[1]), request.id, name[1] if name else "", self._errors)
        if response is None:
            message = f"{operation.operation_id} declares {', '.join(operation.responses)}"
            raise BadRequest([{"in": "header", "name": "Prefer", "keyword": "enum", "message": message}])
        return response

    def _operation(self, request: Request) -> Operation | None:
        match = self._paths.find(request.path.removeprefix(self._base_path))
        method = "GET" if request.method == "HEAD" else request.method
        return self._operations.get((match[0], method)) if match else None


def preferred_response(
    operation: Operation, code: int, request_id: str, name: str = "", errors: Errors | None = None
) -> Response | None:
    """Return a response from its example, or None if not declared.

    Args:
        operation: the operation of the response.
        code: the status.
        request_id: the request id in a problem.
        name: the name of the example, or the code of a problem.
        errors: the catalogue with the title and detail of each code.
    """
    status = next((s for s in (str(code), f"{code // 100}XX", "default") if s in operation.responses), None)
    if status is None:
        return None
    kind, body = example_response(operation, status, name)
    if kind == MEDIA_TYPE:
        body = {**body, "request_id": request_id}
        declared = operation.responses[status].error_codes or frozenset()
        if name in declared - {body["code"]} and errors and name in errors:
            title, detail = errors[name]["title"], re.sub(r"\{\w+\}", "…", errors[name]["detail"])
            body |= {"type": f"/errors#{name}", "code": name, "title": title, "detail": detail}
    headers = {**headers_of(operation, status), "Preference-Applied": f"code={code}"}
    return Response(code, headers, b"" if kind is None else orjson.dumps(body), deepcopy(body), kind)
