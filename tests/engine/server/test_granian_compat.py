"""The private parts of Granian: without one, its test fails by name."""

import socket
from collections.abc import Iterator

import pytest
from granian._granian import SocketHolder
from granian.server.mp import MPServer

from orderly.server.granian_compat import SharedSocketServer


@pytest.fixture
def server() -> Iterator[SharedSocketServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = SharedSocketServer("orderly.app:create_app")
        server.listener = listener
        yield server


@pytest.mark.parametrize("method", ["_init_shared_socket", "signal_handler_interrupt"])
def test_granian_has_the_method(method: str) -> None:
    assert callable(getattr(MPServer, method))


@pytest.mark.parametrize("attribute", ["_ssp", "_shd"])
def test_granian_sets_the_attribute(attribute: str) -> None:
    assert getattr(MPServer("orderly.app:create_app"), attribute) is None


def test_workers_get_the_socket_of_the_caller(server: SharedSocketServer) -> None:
    server._init_shared_socket()

    assert server._ssp is None
    assert server._sso is server.listener
    assert isinstance(server._shd, SocketHolder)
    assert server._shd.get_fd() == server.listener.fileno()
