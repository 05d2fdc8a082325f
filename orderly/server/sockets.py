"""The socket that the service listens at: one for all workers, which ends connections whose client does not read."""

import ctypes
import socket
import struct
from contextlib import suppress

from granian._granian import SocketHolder
from granian.server.mp import MPServer

from orderly.config.errors import CommandError
from orderly.config.settings import Settings

BACKLOG = 2048
"""Connections that wait in the kernel."""
READ_TIMEOUT = 15_000
"""Milliseconds for which a client may take nothing of what it is sent, or confirm none of it."""
SEND_BUFFER = 128 * 1024
"""Bytes that the kernel keeps for a connection; by itself it gives megabytes to who does not read."""

DROP_SYN_FILTER = [(0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF)]
"""A filter of packets (BPF): take the byte of flags, the 14th of a TCP header; if it has SYN, drop it."""
SO_ATTACH_FILTER = 26
"""Python has no name for it (Linux, `asm-generic/socket.h`)."""


class Server(MPServer):
    """Granian at a socket that is made here.

    Its own sockets wait for ever for a client that asks and does not read (hyper, below it, has no time-out for that).
    They are also one for each worker, and what waits at a worker's socket is lost when that worker is killed.
    """

    def listen(self, settings: Settings) -> None:
        """Take the address; who connects is refused until a worker is ready.

        Raises:
            CommandError: the address is not ours, or something else listens there.
        """
        try:
            self._listener = _bound(settings)
        except OSError:
            raise CommandError(
                f"{settings.host}:{settings.port} cannot be listened at, or something else does already: "
                "set ORDERLY_HOST or ORDERLY_PORT to another one."
            ) from None

    def stop_accepting(self) -> None:
        """Let nobody new connect; who is connected already is served, though no worker may know of him yet."""
        stop_accepting(self._listener)

    def _init_shared_socket(self) -> None:
        # Granian's way for systems where workers cannot have a socket each; it has no public one to hand a socket over.
        self._ssp, self._sso = None, self._listener
        holder = SocketHolder(self._listener.fileno(), False, BACKLOG)  # type: ignore[call-arg]  # its stub has none
        self._shd = holder  # type: ignore[assignment]  # None to begin with


def stop_accepting(listener: socket.socket) -> None:
    """Let nobody new connect to a socket, and keep those that wait there.

    Closing it would reset whoever is connected and has perhaps sent a request, but was not accepted yet. Who is turned
    away has sent nothing: his system tries again for as long as the socket is open, and is refused after that.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in DROP_SYN_FILTER))
        given = struct.pack("HL", len(DROP_SYN_FILTER), ctypes.addressof(program))
        with suppress(OSError):  # some systems let root alone do it, and it must not keep the service from stopping
            listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, given)


def _bound(settings: Settings) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        # Connections have it from their listener, and it counts zero windows.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, READ_TIMEOUT)
    listener.bind((settings.host, settings.port))
    return listener
