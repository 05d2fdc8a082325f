"""Resolution of operations to handlers, and of security schemes to authenticators."""

import re

from orderly.config.application import Application
from orderly.contract.operation import Operation
from orderly.pipeline.injection import Function


class HandlerResolver:
    """Resolver of functions in the application's package of handlers."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def handler(self, operation: Operation) -> Function | None:
        """Return the handler of an operation, or None.

        Tag `api-keys` and operationId `create_api_key` resolve to `handlers/api_keys.py:create_api_key`.

        Raises:
            CommandError: the module exists but its import failed; the message has its line.
        """
        return self.function(identifier(operation.tag), identifier(operation.operation_id))

    def authenticator(self, scheme: str) -> Function | None:
        """Return the authenticator of a security scheme, or None.

        Scheme `apiKey` resolves to `handlers/security.py:api_key`.
        """
        return self.function("security", identifier(scheme))

    def function(self, module: str, name: str) -> Function | None:
        """Return a function of a module, or None."""
        return getattr(self._application.import_handlers(module), name, None)


def identifier(name: str) -> str:
    """Convert a name to an identifier. `apiKey` becomes `api_key`, and `api-keys` `api_keys`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z][A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"\W+", "_", words).lower()
