"""A Containerfile carried out without an engine.

Its commands run as written, its paths are in a folder.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.serving import ROOT, START, environment

PLACES = ("/opt/orderly", "/data", "/src", "/srv/shop")
"""The folders of an image that this Containerfile uses."""


@dataclass
class Image:
    """The result of a Containerfile, in a folder."""

    root: Path
    settings: dict[str, str] = field(default_factory=dict)
    folder: Path = Path("/")
    user: str = "0:0"
    words: dict[str, list[str]] = field(default_factory=dict)

    def build(self, file: Path) -> None:
        """Follow the instructions, one after the other."""
        text = re.sub(r"\\\n\s*", "", file.read_text())
        for line in text.splitlines():
            name, _, rest = line.partition(" ")
            if name and not name.startswith("#"):
                getattr(self, f"_{name.lower()}")(self._inside(rest))

    @contextmanager
    def run(self, *words: str, **settings: object) -> "Iterator[subprocess.Popen[bytes]]":
        """Run the entry point with these arguments as the image's user."""
        command = [*self.as_its_user(), *self.words["entrypoint"], *words]
        given = environment() | self._variables() | {f"ORDERLY_{k.upper()}": str(v) for k, v in settings.items()}
        process = subprocess.Popen(command, env=given, cwd=self.folder, stdout=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def is_healthy(self, **settings: object) -> bool:
        """Return whether the health check passes."""
        entry, *words = self.words["healthcheck"]
        assert [entry] == self.words["entrypoint"]
        with self.run(*words, **settings) as process:
            return process.wait(START) == 0

    def as_its_user(self) -> list[str]:
        """Return the command that runs a program as the image's user.

        It is empty where that is impossible.
        """
        if os.geteuid() != 0:
            return []
        uid, gid = self.user.split(":")
        words = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        python = f"{self.root}/opt/orderly/bin/python"
        # Only root can start a Python in root's own folder.
        tried = subprocess.run([*words, python, "-c", ""], check=False, stderr=subprocess.DEVNULL)
        return words if tried.returncode == 0 else []

    def _inside(self, text: str) -> str:
        for place in PLACES:
            text = re.sub(rf"(?<![\w/]){place}\b", f"{self.root}{place}", text)
        return text

    def _variables(self) -> dict[str, str]:
        # What it depends on is where these tests have it, and is not fetched again.
        return {"PATH": os.environ["PATH"], "PYTHONPATH": sysconfig.get_path("purelib"), **self.settings}

    def _from(self, _: str) -> None:
        self.folder, self.settings = self.root, {}

    def _workdir(self, folder: str) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def _copy(self, words: str) -> None:
        *sources, target = words.split()
        if sources[0].startswith("--from"):
            return  # both stages have one root here
        for source in sources:
            if (ROOT / source).is_dir():
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, self.folder / target, ignore=ignore)
            else:
                shutil.copy(ROOT / source, self.folder / target)

    def _run(self, command: str) -> None:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        given = environment() | {"PATH": path, "PIP_NO_DEPS": "1"}
        subprocess.run(["sh", "-ec", command], cwd=self.folder, env=given, check=True, stdout=subprocess.DEVNULL)

    def _env(self, words: str) -> None:
        for word in shlex.split(words):
            name, _, value = word.partition("=")
            self.settings[name] = value.replace("$PATH", os.environ["PATH"])

    def _user(self, user: str) -> None:
        self.user = user

    def _volume(self, folder: str) -> None:
        assert Path(folder).is_dir()

    def _expose(self, port: str) -> None:
        assert port == "8000"

    def _healthcheck(self, words: str) -> None:
        self._keep("healthcheck", words.partition("CMD ")[2])

    def _entrypoint(self, words: str) -> None:
        self._keep("entrypoint", words)

    def _cmd(self, words: str) -> None:
        self._keep("cmd", words)

    def _keep(self, name: str, words: str) -> None:
        self.words[name] = re.findall(r'"([^"]*)"', words)
