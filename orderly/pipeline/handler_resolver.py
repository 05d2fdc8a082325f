"""From an operation to its handler, and from a security scheme to its authenticator: functions of the application."""

import re

from orderly.config.application import Application
from orderly.contract.operation import Operation
from orderly.pipeline.injection import Function


class HandlerResolver:
    """Finds functions in the application's package of handlers."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def handler(self, operation: Operation) -> Function | None:
        """Return the function of an operation, None if there is none.

        Tag `api-keys` and operationId `create_api_key` are `handlers/api_keys.py:create_api_key`.

        Raises:
            CommandError: the module exists and cannot be imported; the message has its line.
        """
        return self.function(identifier(operation.tag), identifier(operation.operation_id))

    def authenticator(self, scheme: str) -> Function | None:
        """Return the function of a security scheme: `apiKey` is `handlers/security.py:api_key`."""
        return self.function("security", identifier(scheme))

    def function(self, module: str, name: str) -> Function | None:
        """Return a function of a module of the package, None if either is missing."""
        return getattr(self._application.import_handlers(module), name, None)


def identifier(name: str) -> str:
    """Return a name of the contract as a Python identifier: `apiKey` is `api_key`, `api-keys` is `api_keys`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z][A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"\W+", "_", words).lower()
