"""The socket that all workers share: who is connected is served, and who comes too late has sent nothing."""

import socket

import pytest

from orderly.server.sockets import stop_accepting


def connect(listener):
    return socket.create_connection(listener.getsockname(), timeout=0.3)


def test_who_is_connected_is_heard_after_the_door_is_shut_and_nobody_else_comes_in():
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
