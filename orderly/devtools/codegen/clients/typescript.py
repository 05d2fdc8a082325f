"""TypeScript client: openapi-typescript, openapi-fetch and additional modules."""

import json
import shutil
from pathlib import Path

from orderly.config.errors import CommandError
from orderly.contract.model import Contract
from orderly.devtools.codegen.clients import errors, processes

PARTS = Path(__file__).with_name("typescript_client")
MIN_NODE = 20
INSTALLATION = f"install Node {MIN_NODE} or newer (https://nodejs.org)"


def generate(contract: Contract, folder: Path) -> None:
    """Write and build the package, in place of another one.

    Raises:
        CommandError: Node is missing or too old, or the installation or generation failed.
    """
    _check_node_version(processes.run([processes.find("node", INSTALLATION), "--version"], Path.cwd()))
    npm = processes.find("npm", INSTALLATION)
    processes.prepare_folder(folder, "src")
    shutil.rmtree(folder / "dist", ignore_errors=True)
    shutil.copytree(PARTS, folder, dirs_exist_ok=True)
    _write_contract_files(contract, folder)
    processes.run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
    processes.run([npm, "run", "generate"], folder)
    processes.run([npm, "run", "build"], folder)


def _check_node_version(output: str) -> None:
    if int(output.lstrip("v").partition(".")[0]) < MIN_NODE:
        raise CommandError(f"Node {output.strip()} is too old: {INSTALLATION}.")


def _write_contract_files(contract: Contract, folder: Path) -> None:
    """Write the version, schema, errors and idempotent operations of the contract."""
    package = json.loads((folder / "package.json").read_text())
    (folder / "package.json").write_text(json.dumps(package | {"version": contract.version}, indent=2) + "\n")
    (folder / "openapi.yaml").write_bytes(contract.source)
    (folder / "src" / "refusals.ts").write_text(errors.as_typescript(contract.errors))
    idempotent = [f"{operation.method} {operation.path}" for operation in contract.operations if operation.idempotent]
    text = f"export const idempotent: ReadonlySet<string> = new Set({json.dumps(idempotent, indent=2)});\n"
    (folder / "src" / "idempotent.ts").write_text("/** Operations that accept an Idempotency-Key. */\n" + text)
