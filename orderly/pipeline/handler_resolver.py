"""From an operation to its handler, and from a security scheme to its authenticator: functions of the application."""

import importlib
import re
import traceback
from pathlib import Path
from types import ModuleType

from orderly.contract.loader import ContractError
from orderly.contract.model import Operation
from orderly.pipeline.injection import Function


class HandlerResolver:
    """Finds functions in the application's package of handlers."""

    def __init__(self, package: str = "handlers") -> None:
        self._package = package

    def handler(self, operation: Operation) -> Function | None:
        """Return the function of an operation, None if there is none.

        Tag `api-keys` and operationId `create_api_key` are `handlers/api_keys.py:create_api_key`.

        Raises:
            ContractError: the module exists and cannot be imported; the message has its line.
        """
        return self.function(identifier(operation.tag), identifier(operation.operation_id))

    def authenticator(self, scheme: str) -> Function | None:
        """Return the function of a security scheme: `apiKey` is `handlers/security.py:api_key`."""
        return self.function("security", identifier(scheme))

    def function(self, module: str, name: str) -> Function | None:
        """Return a function of a module of the package, None if either is missing."""
        found = _import(f"{self._package}.{module}")
        return getattr(found, name, None)


def identifier(name: str) -> str:
    """Return a name of the contract as a Python identifier: `apiKey` is `api_key`, `api-keys` is `api_keys`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z][A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"\W+", "_", words).lower()


def _import(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception as error:
        if (
            isinstance(error, ModuleNotFoundError)
            and error.name is not None
            and f"{name}.".startswith(f"{error.name}.")
        ):
            return None
        raise ContractError(_unimportable(name, error)) from error


def _unimportable(name: str, error: Exception) -> str:
    """Return where in the module the import failed, and why."""
    file = f"{name.replace('.', '/')}.py"
    frames = [
        each for each in traceback.extract_tb(error.__traceback__) if each.filename.endswith(f"/{Path(file).name}")
    ]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else 1
    message = error.msg if isinstance(error, SyntaxError) else error
    return f"{file}:{line}: {type(error).__name__}: {message}"
