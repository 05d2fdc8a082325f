"""The shop as an application, also with another contract or handlers."""

from collections.abc import Callable
from typing import Any

from orderly.app import create_app
from orderly.config.settings import Settings
from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.http.messages import ASGIApp
from orderly.pipeline.handler_resolver import HandlerResolver
from orderly.pipeline.injection import Function
from tests.shop.application import APPLICATION

SHOP = HandlerResolver(APPLICATION)


class ReplacedHandlers(HandlerResolver):
    """The shop's authenticators, with other handlers."""

    def __init__(self, find: Callable[[Operation], Function | None]) -> None:
        super().__init__(APPLICATION)
        self._find = find

    def handler(self, operation: Operation) -> Function | None:
        """Return what the test's function returns."""
        return self._find(operation)


def create_shop(
    settings: Settings,
    contract: Contract | None = None,
    handlers: Callable[[Operation], Function | None] | None = None,
    **given: Any,
) -> ASGIApp:
    """Return the application of the shop."""
    resolver = ReplacedHandlers(handlers) if handlers else SHOP
    return create_app(settings, APPLICATION, contract, resolver, **given)
