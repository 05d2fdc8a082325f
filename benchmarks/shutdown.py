"""Requests lost by a stopping service, with and without the socket filter.

64 clients open a connection for each request while the service gets SIGTERM:

    python -W ignore -m benchmarks.shutdown
"""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from orderly.server import sockets
from tests.serving import environment
from tests.settings import SECRET
from tests.shop.application import migrate

STOPS, CLIENTS, PORT = 8, 64, 8119
LOAD_BEFORE_STOP = 0.7
"""Seconds of load before SIGTERM."""
TIMEOUT = 5.0
"""Seconds that a client waits for a connection or a response."""
REQUEST = b"GET /v1/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
WITHOUT_FILTER = "without"


def start(folder: Path, variant: str) -> subprocess.Popen[bytes]:
    """Start the service in a process that this module runs."""
    settings = environment(
        port=PORT, data_dir=folder, secret_key=SECRET, shutdown_delay=0, rate_limits="off", log_format="json"
    )
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.shutdown", variant]
    return subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def serve(variant: str) -> None:
    """Serve, after the filter was removed if the variant has none."""
    if variant == WITHOUT_FILTER:
        sockets.stop_accepting = lambda listener: None
    from orderly.cli.main import run

    sys.argv = ["orderly", "serve"]
    run()


async def call(outcomes: Counter[str]) -> None:
    """Send one request over a connection of its own."""
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", PORT), TIMEOUT)
    except OSError:
        outcomes["not connected, nothing sent"] += 1
        await asyncio.sleep(0.01)
        return
    try:
        writer.write(REQUEST)
        response = await asyncio.wait_for(reader.read(), TIMEOUT)
    except OSError:
        response = b""
    writer.close()
    outcomes["responses" if response.startswith(b"HTTP/1.1 ") else "sent, no response"] += 1


async def stop_under_load(folder: Path, variant: str, outcomes: Counter[str]) -> None:
    """Stop a loaded service, and count the outcomes of all requests."""
    process = start(folder, variant)
    while not outcomes.pop("responses", 0):  # until it is ready
        await call(outcomes)
    outcomes.clear()
    clients = [asyncio.create_task(repeat(process, outcomes)) for _ in range(CLIENTS)]
    await asyncio.sleep(LOAD_BEFORE_STOP)
    process.send_signal(signal.SIGTERM)
    await asyncio.gather(*clients)


async def repeat(process: subprocess.Popen[bytes], outcomes: Counter[str]) -> None:
    """Send requests until the service has ended."""
    while process.poll() is None:
        await call(outcomes)


def main() -> None:
    """Measure both variants, and print the sums."""
    for variant in ("with", WITHOUT_FILTER):
        total: Counter[str] = Counter()
        for _ in range(STOPS):
            with TemporaryDirectory() as folder:
                migrate(f"sqlite:///{folder}/orderly.db")
                outcomes: Counter[str] = Counter()
                asyncio.run(stop_under_load(Path(folder), variant, outcomes))
                total += outcomes
        print(f"{variant} the filter, {STOPS} stops: {dict(total)}", flush=True)


if __name__ == "__main__":
    serve(sys.argv[1]) if sys.argv[1:] else main()
