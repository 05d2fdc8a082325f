"""The private parts of Granian 2.8 that the server needs."""

import socket

from granian._granian import SocketHolder
from granian.server.mp import MPServer


class SharedSocketServer(MPServer):
    """Granian at one listening socket for all workers, made by the caller.

    On Linux Granian gives each worker a socket of its own. Connections that wait at the socket of a killed worker are
    lost. It has no public way to take a socket over, so this one is set where its other systems share one.
    """

    listener: socket.socket
    backlog: int

    def _init_shared_socket(self) -> None:
        self._ssp, self._sso = None, self.listener
        holder = SocketHolder(self.listener.fileno(), False, self.backlog)  # type: ignore[call-arg]  # its stub has none
        self._shd = holder  # type: ignore[assignment]  # None to begin with
