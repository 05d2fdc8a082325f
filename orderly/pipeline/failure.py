"""Error responses, validated against the contract like any other response."""

import structlog

from orderly.http.errors import InternalError, NotImplementedYet
from orderly.http.messages import Request, Response
from orderly.http.problems import ProblemRenderer
from orderly.validation.response import ResponseContractError, ResponseValidator

log = structlog.get_logger(__name__)


class FailureBuilder:
    """Builder of error responses; an undeclared one becomes an internal error."""

    def __init__(self, validator: ResponseValidator, problems: ProblemRenderer) -> None:
        self._validator = validator
        self._problems = problems

    def build(self, error: Exception, request: Request) -> Response:
        """Return the response to an error."""
        if isinstance(error, ResponseContractError):
            return self._internal_error(error, request)
        response = self._problems.render(error, request.id)
        if not isinstance(error, NotImplementedYet):
            try:
                self._validator.check(response.status, response.media_type, response.headers, response.json)
            except ResponseContractError as violation:
                return self._internal_error(violation, request)
        return response

    def _internal_error(self, violation: ResponseContractError, request: Request) -> Response:
        log.error("response_validation_failed", rule=str(violation))
        request.facts.response_validation_failed = True
        return self._problems.render(InternalError(), request.id)
