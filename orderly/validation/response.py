"""Validation of every response against the contract, in production too."""

from collections.abc import Mapping
from typing import Any

from orderly.contract.operation import Operation, ResponseSpec
from orderly.validation.errors import validation_errors
from orderly.validation.parameters import ParameterParser
from orderly.validation.schemas import SchemaCompiler


class ResponseContractError(Exception):
    """A response that the contract does not declare. The message names the rule, for the log."""


class ResponseValidator:
    """Validator of the responses of one operation."""

    def __init__(self, operation: Operation, schemas: SchemaCompiler) -> None:
        self._name = operation.operation_id
        self._declared = {
            status: _ResponseSpecValidator(response, schemas) for status, response in operation.responses.items()
        }

    def check(self, status: int, media_type: str | None, headers: Mapping[str, str], body: Any) -> None:
        """Check status, media type, headers and body.

        Raises:
            ResponseContractError: the operation does not declare one of them.
        """
        declared = self._declared.get(str(status)) or self._declared.get(f"{status // 100}XX")
        declared = declared or self._declared.get("default")
        if declared is None:
            raise ResponseContractError(f"{self._name}: status {status} is not declared")
        if error := declared.first_error(media_type, headers, body):
            raise ResponseContractError(f"{self._name}, {status}: {error}")


class _ResponseSpecValidator:
    """Validator of one declared response."""

    def __init__(self, response: ResponseSpec, schemas: SchemaCompiler) -> None:
        self._media = {
            kind: schemas.compile(schema, for_response=True) if schema else None
            for kind, schema in response.media.items()
        }
        self._headers = [ParameterParser(header, schemas) for header in response.headers]
        self._codes = response.error_codes

    def first_error(self, media_type: str | None, headers: Mapping[str, str], body: Any) -> str | None:
        """Return the first violated rule in words, or None. It contains no value."""
        if not self._media:
            return "has a body, but none is declared" if body is not None else None
        if media_type not in self._media:
            return f"media type {media_type} is not declared"
        validator = self._media[media_type]
        if validator is not None and not validator.is_valid(body):
            errors = validation_errors(validator, body, {"in": "body"})
            return "; ".join(f"{e['pointer'] or '/'} breaks `{e['keyword']}`" for e in errors[:5])
        if self._codes is not None and body.get("code") not in self._codes:
            return f"code {body.get('code')} is not in x-error-codes"
        return self._first_header_error(headers)

    def _first_header_error(self, headers: Mapping[str, str]) -> str | None:
        for header in self._headers:
            text = headers.get(header.name)
            if text is None:
                if header.required:
                    return f"header {header.name} is required"
            elif errors := header.value_errors(text):
                return f"header {header.name} breaks `{errors[0]['keyword']}`"
        return None
