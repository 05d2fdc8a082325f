"""The listening socket of all workers, with a timeout for stalled clients."""

import ctypes
import socket
import struct
from contextlib import suppress

from orderly.config.errors import CommandError
from orderly.config.settings import Settings
from orderly.server.granian_compat import SharedSocketServer

BACKLOG = 2048
"""Connections that may wait in the kernel to be accepted."""
READ_TIMEOUT = 15_000
"""Milliseconds in which a client must read or acknowledge data; then its connection ends."""
SEND_BUFFER = 128 * 1024
"""Bytes in the kernel's send buffer of a connection. The default grows to megabytes for a client that does not read."""

DROP_SYN_FILTER = [(0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF)]
"""A packet filter (BPF): load the flags, byte 14 of the TCP header, and drop the packet if SYN is set."""
SO_ATTACH_FILTER = 26
"""The socket option of Linux (`asm-generic/socket.h`), for which Python has no constant."""


class Server(SharedSocketServer):
    """Granian on a listening socket created here.

    Granian's sockets wait for ever for a client that does not read its response, because hyper has no timeout for
    that. Granian also opens a socket per worker: connections that wait there are lost if the worker is killed.
    """

    def listen(self, settings: Settings) -> None:
        """Bind the address; connections are refused until a worker is ready.

        Raises:
            CommandError: the address is not available or in use.
        """
        try:
            self.listener = _bound(settings)
        except OSError:
            raise CommandError(
                f"Cannot bind {settings.host}:{settings.port}: the address is not available or in use. "
                "Set ORDERLY_HOST or ORDERLY_PORT."
            ) from None

    def stop_accepting(self) -> None:
        """Accept no new connections.

        Existing ones are served, including those that no worker has accepted yet.
        """
        stop_accepting(self.listener)


def stop_accepting(listener: socket.socket) -> None:
    """Drop new connections to a socket, and keep those in its backlog.

    Closing the socket would reset clients in the backlog, which may have sent a request. A client whose SYN is dropped
    has sent nothing: its system retries while the socket is open, and is refused after that.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in DROP_SYN_FILTER))
        option = struct.pack("HL", len(DROP_SYN_FILTER), ctypes.addressof(program))
        with suppress(OSError):  # some systems require root for this; a failure must not prevent the shutdown
            listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, option)


def _bound(settings: Settings) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        # Connections inherit the option from the listener. The timeout also applies to a zero window.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, READ_TIMEOUT)
    listener.bind((settings.host, settings.port))
    return listener
