"""The client for TypeScript: openapi-typescript and openapi-fetch at exact versions, and what ships with them."""

import json
import shutil
from pathlib import Path

from orderly.config.errors import CommandError
from orderly.contract.model import Contract
from orderly.devtools.codegen.clients import errors, processes

PARTS = Path(__file__).with_name("typescript_client")
OLDEST_NODE = 20
HOW = f"install Node {OLDEST_NODE} or newer (https://nodejs.org)"


def generate(contract: Contract, folder: Path) -> None:
    """Write the package to a folder, in place of one that was made before, and build it.

    Raises:
        CommandError: Node is missing or too old, or the generator cannot be installed, or fails.
    """
    _check_node_version(processes.run([processes.find("node", HOW), "--version"], Path.cwd()))
    npm = processes.find("npm", HOW)
    processes.prepare_folder(folder, "src")
    shutil.rmtree(folder / "dist", ignore_errors=True)
    shutil.copytree(PARTS, folder, dirs_exist_ok=True)
    _describe(contract, folder)
    processes.run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
    processes.run([npm, "run", "generate"], folder)
    processes.run([npm, "run", "build"], folder)


def _check_node_version(output: str) -> None:
    if int(output.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        raise CommandError(f"Node {output.strip()} is too old: {HOW}")


def _describe(contract: Contract, folder: Path) -> None:
    """Write what is known from the contract alone: its version, its text, its errors, and what takes a key."""
    package = json.loads((folder / "package.json").read_text())
    (folder / "package.json").write_text(json.dumps(package | {"version": contract.version}, indent=2) + "\n")
    (folder / "openapi.yaml").write_bytes(contract.source)
    (folder / "src" / "refusals.ts").write_text(errors.as_typescript(contract.errors))
    keyed = [f"{operation.method} {operation.path}" for operation in contract.operations if operation.idempotent]
    text = f"export const keyed: ReadonlySet<string> = new Set({json.dumps(keyed, indent=2)});\n"
    (folder / "src" / "keyed.ts").write_text("/** The operations that take an Idempotency-Key. */\n" + text)
