"""What `orderly serve --sandbox` and `--reload` serve."""

from openapi import contract
from openapi.app import create_app
from openapi.commands.terminal import err
from openapi.contract import Contract
from openapi.message import App
from openapi.settings import Settings
from openapi.stopping import IsStopping, never
from openapi.workbench.reload import Reloading
from openapi.workbench.sandbox import Memory, create_sandbox


def create_workbench(settings: Settings, *, sandbox: bool, reload: bool, is_stopping: IsStopping = never) -> App:
    """The service for those who write its contract: as a sandbox, exchanged at every save, or both."""
    memory = Memory()
    scripts = ("reload.js",) if reload else ()

    def create(loaded: Contract) -> App:
        if sandbox:
            return create_sandbox(settings, loaded, memory, scripts).app
        return create_app(settings, loaded, scripts=scripts, is_stopping=is_stopping)

    if not reload:
        return create(contract.load())
    return Reloading(contract.DEFAULT_PATH, create, lambda line: err.print(line))
