"""The server: Granian with one process per worker, started after all checks."""

import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from multiprocessing import active_children
from urllib.parse import urlsplit

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels

from orderly.config.settings import Settings
from orderly.http.messages import ASGIApp
from orderly.observability import logs
from orderly.server.gc import freeze_gc
from orderly.server.shutdown import ShutdownFlag, exit_with_parent
from orderly.server.sockets import BACKLOG, Server
from orderly.server.tls import check_tls_files
from orderly.server.url import address

Create = Callable[..., ASGIApp]
"""A function that creates the application from the settings and the shutdown flag."""

HEADER_TIMEOUT = 15_000
"""Milliseconds a client may take to send the headers of a request after it connects. With the 15 seconds that the
middleware allows for a body, slow clients are disconnected before they hold many connections."""
CONNECTIONS = 4096
"""Maximum number of connections per worker; others wait in the kernel."""
OTHER_FILES = 224
"""Files that a worker opens besides connections, with a margin: databases, logs, Python's files."""
STOP_TIMEOUT = 25
"""Seconds after SIGTERM until the last response must be sent; clients without a complete request are disconnected."""
HARD_STOP = 27
"""Seconds after SIGTERM until the service exits unconditionally: also while SIGHUP replaces workers one by one, or on
an overloaded machine."""

ACCEPT_GRACE = 0.5
"""Seconds between the end of new connections and the shutdown: connections made just before are still served."""


def serve(settings: Settings, on_ready: Callable[[str], None], create: Create) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        settings: the settings of the service.
        on_ready: called with the URL once the service accepts connections.
        create: creates the application.

    Raises:
        CommandError: the address cannot be bound, or the files for HTTPS are not usable.
    """
    check_tls_files(settings)
    stopping = ShutdownFlag()
    _cached_app(settings, create, stopping)  # creation fails here, before a port is open
    server = Server(
        "orderly.app:create_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT),
        websockets=False,
        backlog=BACKLOG,
        backpressure=_connections(),
        ssl_cert=settings.tls_cert_file,
        ssl_key=settings.tls_key_file,
        ssl_protocol_min=SSLProtocols.tls12,
        log_level=LogLevels.warning,
        log_dictconfig=logs.logging_config(settings),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_TIMEOUT - settings.shutdown_delay,
    )
    server.listen(settings)
    server.on_startup(partial(_announce_later, settings, on_ready))
    server.on_startup(partial(_drain_on_sigterm, stopping, settings.shutdown_delay, server))
    server.serve(target_loader=partial(_worker_target, settings, create, stopping), wrap_loader=False)


def _worker_target(settings: Settings, create: Create, stopping: ShutdownFlag) -> ASGIApp:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a worker inherits the handler of the service, which would only wait
    exit_with_parent()
    return _cached_app(settings, create, stopping)


@cache
def _cached_app(settings: Settings, create: Create, stopping: ShutdownFlag) -> ASGIApp:
    """Return the application; a forked worker inherits it."""
    logs.configure(settings)
    with freeze_gc():
        return create(settings, is_stopping=stopping)


def _connections() -> int:
    """Return the number of connections that the limit of open files allows."""
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = hard_limit if hard_limit != resource.RLIM_INFINITY else 2**16
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, 2**16), hard_limit))
    return max(64, min(CONNECTIONS, files - OTHER_FILES))


def _drain_on_sigterm(stopping: ShutdownFlag, seconds: int, server: Server) -> None:
    """Keep serving for some seconds after SIGTERM.

    A load balancer sees meanwhile that the service is not ready.
    """

    def end() -> None:
        server.stop_accepting()
        time.sleep(ACCEPT_GRACE)
        server.signal_handler_interrupt()  # type: ignore[no-untyped-call]  # Granian's

    def stop(*_: object) -> None:
        stopping.begin()
        _after(seconds, end)
        _after(HARD_STOP, _kill_workers)

    signal.signal(signal.SIGTERM, stop)  # replaces Granian's handler; SIGINT still stops immediately


def _kill_workers() -> None:
    for worker in active_children():
        worker.kill()
    os._exit(0)


def _after(seconds: float, action: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()


def _announce_later(settings: Settings, on_ready: Callable[[str], None]) -> None:
    threading.Thread(target=_announce, args=(settings, on_ready), daemon=True).start()


def _announce(settings: Settings, on_ready: Callable[[str], None]) -> None:
    url = urlsplit(address(settings))
    for _ in range(300):
        with suppress(OSError), socket.create_connection((url.hostname, url.port), timeout=5):
            on_ready(url.geturl())
            return
        time.sleep(0.1)
