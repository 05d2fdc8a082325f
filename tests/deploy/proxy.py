"""The proxy as in production: HAProxy with the unchanged configuration of `deploy/`."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.requirements import program
from tests.serving import ROOT, Served, free_port, wait_until_ready

CONFIGURATION = ROOT / "deploy" / "haproxy.cfg"


@contextmanager
def proxied(folder: Path, one: str, two: str, *, wait: bool = True) -> Iterator[Served]:
    """Run the proxy before two services until the end of the block.

    Its log is in the folder.
    """
    place, log = f"127.0.0.1:{free_port()}", folder / "proxy.log"
    given = {"ORDERLY_PROXY_LISTEN": place, "ORDERLY_ONE": _place(one), "ORDERLY_TWO": _place(two)}
    command: list[str | Path] = [program("haproxy"), "-db", "-f", CONFIGURATION]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=os.environ | given, stdout=output, stderr=subprocess.STDOUT)
    proxy = Served(f"http://{place}", process, log)
    try:
        if wait:
            wait_until_ready(proxy)
        yield proxy
    finally:
        proxy.end(signal.SIGTERM)  # started in the background, it ignores SIGINT


def _place(url: str) -> str:
    return url.removeprefix("http://")
