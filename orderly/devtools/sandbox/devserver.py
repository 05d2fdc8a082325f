"""What `orderly serve --sandbox` and `--reload` serve."""

from orderly.app import create_app
from orderly.cli.console import err
from orderly.config.application import Application
from orderly.config.settings import Settings
from orderly.contract import model
from orderly.contract.model import Contract
from orderly.devtools.sandbox.reloader import Reloader
from orderly.devtools.sandbox.sandbox import SandboxState, create_sandbox
from orderly.http.messages import ASGIApp
from orderly.server.shutdown import IsStopping, never


def create_devserver(
    settings: Settings, *, application: Application, sandbox: bool, reload: bool, is_stopping: IsStopping = never
) -> ASGIApp:
    """The service for those who write its contract: as a sandbox, exchanged at every save, or both."""
    state = SandboxState()
    scripts = ("reload.js",) if reload else ()

    def create(loaded: Contract) -> ASGIApp:
        if sandbox:
            return create_sandbox(settings, application, loaded, state, scripts).app
        return create_app(settings, loaded, scripts=scripts, is_stopping=is_stopping, application=application)

    if not reload:
        return create(model.load(application.contract))
    return Reloader(application.contract, create, lambda line: err.print(line))
