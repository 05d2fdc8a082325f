"""`Prefer: code=409`: any answer that the contract declares, from its example (RFC 7240)."""

import re
from copy import deepcopy

import orjson

from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.devtools.sandbox.examples import answer_of, headers_of
from orderly.http.errors import BadRequest
from orderly.http.messages import Request, Response
from orderly.http.problems import MEDIA_TYPE
from orderly.pipeline.path_templates import PathTemplates

Errors = dict[str, dict[str, str]]

CODE = re.compile(r"(?:^|[,;\s])code=\"?([0-9]{3})\b\"?")
EXAMPLE = re.compile(r"(?:^|[,;\s])example=\"?([A-Za-z0-9_.-]+)\"?")


class PreferredResponse:
    """Finds the answer that a request prefers."""

    def __init__(self, contract: Contract) -> None:
        self._base_path = contract.base_path
        self._errors = contract.errors
        self._operations = {(o.path, o.method): o for o in contract.operations}
        self._paths = PathTemplates(dict.fromkeys(operation.path for operation in contract.operations))

    def find(self, request: Request) -> Response | None:
        """The answer; None if the request prefers none.

        Raises:
            BadRequest: its operation does not declare what it prefers.
        """
        preferred = ",".join(request.headers.get("prefer", []))
        wanted = CODE.search(preferred)
        operation = self._operation(request) if wanted else None
        if wanted is None or operation is None:
            return None
        name = EXAMPLE.search(preferred)
        reply = preferred_response(operation, int(wanted[1]), request.id, name[1] if name else "", self._errors)
        if reply is None:
            message = f"{operation.operation_id} declares {', '.join(operation.responses)}"
            raise BadRequest([{"in": "header", "name": "Prefer", "keyword": "enum", "message": message}])
        return reply

    def _operation(self, request: Request) -> Operation | None:
        found = self._paths.find(request.path.removeprefix(self._base_path))
        method = "GET" if request.method == "HEAD" else request.method
        return self._operations.get((found[0], method)) if found else None


def preferred_response(
    operation: Operation, code: int, request_id: str, name: str = "", errors: Errors | None = None
) -> Response | None:
    """A declared answer of an operation, from its example; None if it is not declared.

    Args:
        operation: whose answer it is.
        code: the status.
        request_id: what a problem quotes.
        name: which of several examples, or the code of a problem.
        errors: the catalogue that explains the codes.
    """
    status = next((s for s in (str(code), f"{code // 100}XX", "default") if s in operation.responses), None)
    if status is None:
        return None
    kind, body = answer_of(operation, status, name)
    if kind == MEDIA_TYPE:
        body = {**body, "request_id": request_id}
        declared = operation.responses[status].error_codes or frozenset()
        if name in declared - {body["code"]} and errors and name in errors:
            title, detail = errors[name]["title"], re.sub(r"\{\w+\}", "…", errors[name]["detail"])
            body |= {"type": f"/errors#{name}", "code": name, "title": title, "detail": detail}
    headers = {**headers_of(operation, status), "Preference-Applied": f"code={code}"}
    return Response(code, headers, b"" if kind is None else orjson.dumps(body), deepcopy(body), kind)
