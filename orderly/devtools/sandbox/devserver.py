"""Application of `orderly serve --sandbox` and `--reload`."""

from collections.abc import Callable

from orderly.app import Extras, create_app
from orderly.config.application import Application
from orderly.config.settings import Settings
from orderly.contract import model
from orderly.contract.model import Contract
from orderly.devtools.sandbox.reloader import Reloader
from orderly.devtools.sandbox.sandbox import SandboxState, create_sandbox
from orderly.http.messages import ASGIApp


def create_devserver(
    settings: Settings,
    *,
    application: Application,
    sandbox: bool,
    reload: bool,
    report: Callable[[str], None] = print,
    is_stopping: Callable[[], bool] = lambda: False,
) -> ASGIApp:
    """Return the service for API designers: a sandbox, with reload, or both.

    Args:
        settings: the settings of this process.
        application: the application to serve.
        sandbox: whether to serve from the contract's examples.
        reload: whether to replace the service when the contract is saved.
        report: prints a line in the terminal.
        is_stopping: returns whether the service will stop soon.
    """
    state = SandboxState()
    scripts = ("reload.js",) if reload else ()

    def create(loaded: Contract) -> ASGIApp:
        if sandbox:
            return create_sandbox(settings, application, loaded, state=state, scripts=scripts).app
        return create_app(settings, application, loaded, is_stopping=is_stopping, extras=Extras(scripts=scripts))

    if not reload:
        return create(model.load(application.contract))
    return Reloader(application.contract, create, report)
