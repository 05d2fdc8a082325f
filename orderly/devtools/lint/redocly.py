"""Style, by a linter that others maintain: Redocly, which runs on Node."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from orderly.config.errors import CommandError
from orderly.devtools.lint.findings import Finding, shown

REDOCLY = "@redocly/cli@2.77.0"
REDOCLY_ENV = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def check(path: Path) -> list[Finding]:
    """What Redocly's recommended rules find; npx fetches it once.

    Raises:
        CommandError: Node is missing, or Redocly does not run.
    """
    npx = shutil.which("npx")
    if npx is None:
        raise CommandError(
            "--style needs Node 20 or newer with npx, which are not on the PATH; the other rules do without."
        )
    command = [npx, "--yes", REDOCLY, "lint", "--format=json", str(path)]
    ran = subprocess.run(command, capture_output=True, env={**os.environ, **REDOCLY_ENV}, check=False)  # noqa: S603
    try:
        problems = json.loads(ran.stdout)["problems"]
    except (ValueError, KeyError):
        lines = ran.stderr.decode(errors="replace").strip().splitlines()
        raise CommandError(f"{REDOCLY} does not run: {lines[-1] if lines else 'it says nothing'}") from None
    return sorted(_finding(problem) for problem in problems)


def _finding(problem: dict[str, Any]) -> Finding:
    location = problem["location"][0]
    start = location.get("start", {"line": 1, "col": 1})
    file = shown(Path(location["source"]["ref"]))
    return Finding(file, start["line"], start["col"], problem["ruleId"], problem["message"])
