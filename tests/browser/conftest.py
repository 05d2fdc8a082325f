"""A real browser: headless Chromium.

It fetches from the service only, and its console stays empty.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from orderly.database.database import Database
from tests.requirements import program
from tests.serving import PROGRAM, Served, served
from tests.shop.application import migrate
from tests.shop.factories import make_product, make_user

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DESKTOP: "ViewportSize" = {"width": 1280, "height": 900}
PHONE: "ViewportSize" = {"width": 390, "height": 844}
Visit = Callable[..., "Page"]


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """The browser that Debian has, with a new profile."""
    path = program("chromium")
    from playwright.sync_api import sync_playwright  # of a group of its own: `make test-browser` installs it

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=[*FLAGS])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service, with Alice and a product."""
    folder = tmp_path_factory.mktemp("service")
    url = f"sqlite:///{folder / 'orderly.db'}"
    migrate(url)
    database = Database(url)
    with database.writing() as session:
        make_user(session, "alice")
        make_product(session)
        session.commit()
    database.close()
    with served(folder, url) as service:
        yield service


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The sandbox, with its own database."""
    folder = tmp_path_factory.mktemp("sandbox")
    with served(folder, f"sqlite:///{folder / 'unused.db'}", program=(*PROGRAM, "--sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def visit(chromium: "Browser") -> Iterator[Visit]:
    """A page of a service: `visit(service, "/docs", PHONE)`.

    It sends no request to another host, and the console stays empty.
    """
    urls: list[str] = []
    result: list[str] = []
    homes: set[str] = set()
    contexts = []

    def visit(there: Served, path: str, size: "ViewportSize" = DESKTOP) -> "Page":
        homes.add(there.url)
        context = chromium.new_context(viewport=size)
        contexts.append(context)
        context.on("request", lambda request: urls.append(request.url))
        context.on("console", lambda message: result.append(message.text))
        context.on("weberror", lambda error: result.append(str(error.error)))
        page = context.new_page()
        page.goto(there.url + path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [url for url in urls if not url.startswith((*homes, "data:"))] == []
    assert result == []
