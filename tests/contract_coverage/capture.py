"""Capture of the responses of the service.

It is called in process, or started by tests.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from orderly.http.messages import ASGIApp
from tests.contract_coverage.recorder import Exchange, Recorded, Recorder
from tests.serving import SERVED
from tests.shop.application import CONTRACT

RECORDER = Recorder(CONTRACT)


def recorded(app: ASGIApp) -> ASGIApp:
    """Return the service with a recorder of its responses."""
    return Recorded(app, RECORDER)


@pytest.fixture(scope="session", autouse=True)
def listening() -> Iterator[None]:
    """Records the responses that httpx gets from services that tests have started."""
    send, asend = httpx.Client.send, httpx.AsyncClient.send

    def record_send(self: httpx.Client, request: httpx.Request, **given: Any) -> httpx.Response:
        response = send(self, request, **given)
        _record(request, response)
        return response

    async def record_async_send(self: httpx.AsyncClient, request: httpx.Request, **given: Any) -> httpx.Response:
        response = await asend(self, request, **given)
        _record(request, response)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", record_send)
        patch.setattr(httpx.AsyncClient, "send", record_async_send)
        yield


def _record(request: httpx.Request, response: httpx.Response) -> None:
    url = request.url
    if f"{url.scheme}://{url.netloc.decode()}" not in SERVED or not response.is_closed:
        return
    body = request.content if hasattr(request, "_content") else b""
    sent, headers = dict(request.headers), dict(response.headers)
    request_parts = (request.method, url.path, url.query.decode(), sent, body, response.status_code, headers)
    RECORDER.record(Exchange(*request_parts, response.content))
