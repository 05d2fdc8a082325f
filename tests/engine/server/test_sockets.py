"""The socket that all workers share."""

import socket

import pytest

from orderly.server.sockets import stop_accepting


def connect(listener: socket.socket) -> socket.socket:
    return socket.create_connection(listener.getsockname(), timeout=0.3)


def test_open_connections_are_served_after_the_listener_closes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, connect(listener) as early:
        stop_accepting(listener)
        with pytest.raises(TimeoutError):
            connect(listener)
        early.sendall(b"one")
        served, _ = listener.accept()
        with served:
            assert served.recv(3) == b"one"
            served.sendall(b"two")
            assert early.recv(3) == b"two"
