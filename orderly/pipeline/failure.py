"""The response to a request that ended in an error, held to the contract as any other."""

import structlog

from orderly.http.errors import InternalError, NotImplementedYet
from orderly.http.messages import Request, Response
from orderly.http.problems import ProblemRenderer
from orderly.validation.response import ResponseContractError, ResponseValidator

log = structlog.get_logger(__name__)


class FailureBuilder:
    """Renders errors of one operation; one that the contract does not declare becomes an internal error."""

    def __init__(self, answers: ResponseValidator, problems: ProblemRenderer) -> None:
        self._answers = answers
        self._problems = problems

    def build(self, error: Exception, request: Request) -> Response:
        """Return the response to an error."""
        if isinstance(error, ResponseContractError):
            return self._internal_error(error, request)
        response = self._problems.render(error, request.id)
        if not isinstance(error, NotImplementedYet):
            try:
                self._answers.check(response.status, response.media_type, response.headers, response.json)
            except ResponseContractError as broken:
                return self._internal_error(broken, request)
        return response

    def _internal_error(self, broken: ResponseContractError, request: Request) -> Response:
        log.error("response_validation_failed", rule=str(broken))
        request.facts.response_validation_failed = True
        return self._problems.render(InternalError(), request.id)
