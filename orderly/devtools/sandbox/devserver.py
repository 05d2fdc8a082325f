"""What `orderly serve --sandbox` and `--reload` serve."""

from orderly.app import Extras, create_app
from orderly.cli.console import err
from orderly.config.settings import Settings
from orderly.contract import model
from orderly.contract.model import Contract
from orderly.devtools.sandbox.reloader import Reloader
from orderly.devtools.sandbox.sandbox import SandboxState, create_sandbox
from orderly.http.messages import ASGIApp
from orderly.pipeline.handler_resolver import HandlerResolver
from orderly.server.shutdown import IsStopping, never


def create_devserver(settings: Settings, *, sandbox: bool, reload: bool, is_stopping: IsStopping = never) -> ASGIApp:
    """The service for those who write its contract: as a sandbox, exchanged at every save, or both."""
    state = SandboxState()
    scripts = ("reload.js",) if reload else ()

    def create(loaded: Contract) -> ASGIApp:
        if sandbox:
            return create_sandbox(settings, loaded, HandlerResolver(), state, scripts).app
        return create_app(settings, loaded, HandlerResolver(), is_stopping=is_stopping, extras=Extras(scripts=scripts))

    if not reload:
        return create(model.load())
    return Reloader(model.DEFAULT_PATH, create, lambda line: err.print(line))
