"""Style rules of Redocly, an external linter that runs on Node."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from orderly.config.errors import CommandError
from orderly.devtools.lint.findings import Finding, display_path

REDOCLY = "@redocly/cli@2.77.0"
REDOCLY_ENV = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def check(path: Path) -> list[Finding]:
    """Return the findings of Redocly's recommended rules; npx downloads it once.

    Raises:
        CommandError: Node is missing, or Redocly failed.
    """
    npx = shutil.which("npx")
    if npx is None:
        raise CommandError("--style needs Node 20 or newer with npx on the PATH: install Node, or omit --style.")
    command = [npx, "--yes", REDOCLY, "lint", "--format=json", str(path)]
    completed = subprocess.run(command, capture_output=True, env={**os.environ, **REDOCLY_ENV}, check=False)  # noqa: S603
    try:
        problems = json.loads(completed.stdout)["problems"]
    except (ValueError, KeyError):
        lines = completed.stderr.decode(errors="replace").strip().splitlines()
        raise CommandError(f"Running {REDOCLY} failed: {lines[-1] if lines else 'no output'}") from None
    return sorted(_finding(problem) for problem in problems)


def _finding(problem: dict[str, Any]) -> Finding:
    location = problem["location"][0]
    start = location.get("start", {"line": 1, "col": 1})
    file = display_path(Path(location["source"]["ref"]))
    return Finding(file, start["line"], start["col"], problem["ruleId"], problem["message"])
