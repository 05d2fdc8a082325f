"""Every answer is checked against what the contract declares, in production too."""

from collections.abc import Mapping
from typing import Any

from orderly.contract.operation import Operation, ResponseSpec
from orderly.validation.parameters import ParameterParser
from orderly.validation.schemas import SchemaCompiler, validation_errors


class ResponseContractError(Exception):
    """An answer that the contract does not declare. The message names the rule, for the log."""


class ResponseValidator:
    """Checks what an operation answers against what it declares."""

    def __init__(self, operation: Operation, schemas: SchemaCompiler) -> None:
        self._name = operation.operation_id
        self._declared = {
            status: _ResponseSpecValidator(response, schemas) for status, response in operation.responses.items()
        }

    def check(self, status: int, media_type: str | None, headers: Mapping[str, str], body: Any) -> None:
        """Compare status, media type, headers and body.

        Raises:
            ResponseContractError: the contract declares something else.
        """
        declared = self._declared.get(str(status)) or self._declared.get(f"{status // 100}XX")
        declared = declared or self._declared.get("default")
        if declared is None:
            raise ResponseContractError(f"{self._name}: status {status} is not declared")
        if broken := declared.broken(media_type, headers, body):
            raise ResponseContractError(f"{self._name}, {status}: {broken}")


class _ResponseSpecValidator:
    def __init__(self, response: ResponseSpec, schemas: SchemaCompiler) -> None:
        self._media = {
            kind: schemas.compile(schema, for_response=True) if schema else None
            for kind, schema in response.media.items()
        }
        self._headers = [ParameterParser(header, schemas) for header in response.headers]
        self._codes = response.error_codes

    def broken(self, media_type: str | None, headers: Mapping[str, str], body: Any) -> str | None:
        """The first rule that is broken, as words without any value."""
        if not self._media:
            return "has a body, and none is declared" if body is not None else None
        if media_type not in self._media:
            return f"media type {media_type} is not declared"
        validator = self._media[media_type]
        if validator is not None and not validator.is_valid(body):
            errors = validation_errors(validator, body, {"in": "body"})
            return "; ".join(f"{e['pointer'] or '/'} breaks `{e['keyword']}`" for e in errors[:5])
        if self._codes is not None and body.get("code") not in self._codes:
            return f"code {body.get('code')} is not in x-error-codes"
        return self._broken_header(headers)

    def _broken_header(self, headers: Mapping[str, str]) -> str | None:
        for reader in self._headers:
            text = headers.get(reader.name)
            if text is None:
                if reader.required:
                    return f"header {reader.name} is required"
            elif errors := reader.value_errors(text):
                return f"header {reader.name} breaks `{errors[0]['keyword']}`"
        return None
