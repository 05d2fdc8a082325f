"""The server: Granian with one process a worker, opened only when everything has been checked."""

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
"""Makes the application of the settings, and of what tells that the service will stop."""

HEADER_TIMEOUT = 15_000
"""Milliseconds that a client may take for the headers of a request, from when it connects. With the 15 seconds that
the edge gives a body, who sends slowly or nothing is cut before he can hold many connections."""
CONNECTIONS = 4096
"""Connections that a worker holds at most; more wait in the kernel until one of them ends."""
OTHER_FILES = 224
"""Files that a worker opens besides connections, generously: databases, logs, Python's own."""
STOP_TIMEOUT = 25
"""Seconds after SIGTERM at which the last request has to be answered; who has not sent his by then is cut."""
HARD_STOP = 27
"""Seconds after SIGTERM at which the service ends whatever it waits for: workers that SIGHUP has let it replace, one by
one, or a machine that is too busy."""

ACCEPT_GRACE = 0.5
"""Seconds for which nobody new can connect before it stops: who was connected just in time is heard."""


def serve(settings: Settings, on_ready: Callable[[str], None], create: Create) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` gets the address once it answers, `create` makes the application.

    Raises:
        CommandError: the address cannot be listened at, or the files for HTTPS do not fit.
    """
    check_tls_files(settings)
    stopping = ShutdownFlag()
    _cached_app(settings, create, stopping)  # what cannot be made refuses here, before any port is open
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
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # it was born with the handler of the service, which would only wait
    exit_with_parent()
    return _cached_app(settings, create, stopping)


@cache
def _cached_app(settings: Settings, create: Create, stopping: ShutdownFlag) -> ASGIApp:
    """The application. A worker that is forked from this process has it already; one that is spawned makes its own."""
    logs.configure(settings)
    with freeze_gc():
        return create(settings, is_stopping=stopping)


def _connections() -> int:
    """As many connections as this process may have files, so that accepting one never fails for want of them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = most if most != resource.RLIM_INFINITY else 2**16
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, 2**16), most))
    return max(64, min(CONNECTIONS, files - OTHER_FILES))


def _drain_on_sigterm(stopping: ShutdownFlag, seconds: int, server: Server) -> None:
    """After SIGTERM serve on for a while, so that who sends requests here can see that he should not."""

    def end() -> None:
        server.stop_accepting()
        time.sleep(ACCEPT_GRACE)
        server.signal_handler_interrupt()  # type: ignore[no-untyped-call]  # Granian's

    def stop(*_: object) -> None:
        stopping.begin()
        _after(seconds, end)
        _after(HARD_STOP, _kill_workers)

    signal.signal(signal.SIGTERM, stop)  # Granian has set its own before; SIGINT still stops at once


def _kill_workers() -> None:
    for worker in active_children():
        worker.kill()
    os._exit(0)


def _after(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
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
