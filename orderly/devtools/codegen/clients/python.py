"""The client for Python: openapi-python-client by templates and options of ours, and the modules that ship with it."""

import json
import shutil
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orderly.config.errors import CommandError
from orderly.contract.model import Contract
from orderly.contract.operation import METHODS
from orderly.devtools.codegen.clients import errors, processes
from orderly.devtools.document import ContractDocument

PARTS = Path(__file__).with_name("python_client")
PACKAGE = "orderly_client"
VERSION = "0.29"
HOW = f"pipx install 'openapi-python-client=={VERSION}.*', or make test-clients"


def generate(contract: Contract, folder: Path) -> None:
    """Write the package to a folder, in place of one that was made before.

    Raises:
        CommandError: the generator is missing, of another version, or not content with the contract.
    """
    tool = processes.find("openapi-python-client", HOW)
    _check_version(processes.run([tool, "--version"], Path.cwd()))
    processes.prepare_folder(folder, PACKAGE)
    with TemporaryDirectory() as scratch:
        simple = Path(scratch, "contract.json")
        simple.write_text(json.dumps(simplify(contract.document)))
        _run(tool, simple, folder.absolute())
    _ship(contract, folder / PACKAGE)


def simplify(document: dict[str, Any]) -> dict[str, Any]:
    """The contract as the generator needs it: one media type for each body, successes only, and no open lists.

    It would ask for `UserUpdate | UserUpdate` where two media types have one schema; errors are exceptions of ours;
    and its clients refuse a value that they do not know, where `x-open` says that more may come.
    """
    simple = deepcopy(document)
    for schema in ContractDocument(simple).of("schema"):
        if "x-open" in schema.value:
            del schema.value["enum"]
    for item in simple["paths"].values():
        for operation in (item[method] for method in METHODS if method in item):
            operation["responses"] = {s: r for s, r in operation["responses"].items() if s.startswith("2")}
            content = operation.get("requestBody", {}).get("content", {})
            for media in list(content)[1:]:
                del content[media]
    return simple


def _run(tool: str, simple: Path, folder: Path) -> None:
    ours: list[str | Path] = ["--config", PARTS / "config.yaml", "--custom-template-path", PARTS / "templates"]
    where: list[str | Path] = ["--path", simple, "--output-path", folder, "--overwrite"]
    processes.run([tool, "generate", "--meta", "uv", "--fail-on-warning", *where, *ours], Path.cwd())


def _check_version(output: str) -> None:
    if f" {VERSION}." not in output:
        raise CommandError(f"{output.strip()} is not the version that the templates are made for: {HOW}")


def _ship(contract: Contract, package: Path) -> None:
    for module in (PARTS / "shipped").glob("*.py"):
        shutil.copy(module, package)
    (package / "refusals.py").write_text(errors.as_python(contract.errors))
