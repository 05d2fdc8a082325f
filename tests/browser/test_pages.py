"""The pages as people use them.

By mouse, by keyboard, on a phone, in the sandbox.
"""

import json
from typing import Any

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.serving import Served
from tests.shop.factories import PASSWORD

pytestmark = pytest.mark.needs("chromium")

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
KEYS = 400
"""Tab presses until the test gives up."""


def operation(page: Any, tag: str, name: str) -> Any:
    return page.locator(f"#operations-{tag}-{name}")


def execute(page: Any, tag: str, name: str) -> tuple[str, Any]:
    """Open an operation and execute it unchanged."""
    there = operation(page, tag, name)
    if not there.locator(".execute").is_visible():
        there.locator(".opblock-summary-control").click()
    there.locator(".execute").click()
    response = answer_of(there)
    there.locator(".btn-clear").click()  # or a later response could be mistaken for this one
    return response


def answer_of(there: Any) -> tuple[str, Any]:
    """Return the status and the body that an executed operation shows."""
    shown = there.locator(".live-responses-table .response")
    body = shown.locator(".highlight-code code").first.text_content()
    return shown.locator(".response-col_status").inner_text().split()[0], json.loads(body)


def sign_in(page: Any) -> None:
    page.get_by_label("Email", exact=True).fill("alice@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("Signed in as alice@example.com.").wait_for()


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(KEYS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def overflow(page: Any) -> Any:
    """Return by how many pixels the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


class TestDocs:
    @SIZES
    def test_signed_in_user_sees_the_response_of_an_operation(
        self, visit: Visit, service: Served, size: dict[str, int]
    ) -> None:
        page = visit(service, "/docs", size)
        sign_in(page)
        status, body = execute(page, "me", "get_me")
        assert (status, body["email"]) == ("200", "alice@example.com")

    def test_form_values_are_sent(self, visit: Visit, service: Served) -> None:
        page = visit(service, "/docs")
        there = operation(page, "products", "list_products")
        there.locator(".opblock-summary-control").click()
        there.get_by_placeholder("q", exact=True).fill("no such thing")
        assert execute(page, "products", "list_products") == (
            "200",
            {"data": [], "has_more": False, "next_cursor": None},
        )

    def test_docs_are_usable_by_keyboard_alone(self, visit: Visit, service: Served) -> None:
        page = visit(service, "/docs")
        operation(page, "products", "list_products").wait_for()
        tab_to(page, "#sign-in [name=email]")
        page.keyboard.type("alice@example.com")
        tab_to(page, "#sign-in [name=password]")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_text("Signed in as alice@example.com.").wait_for()
        tab_to(page, "#operations-me-get_me .opblock-summary-control")
        page.keyboard.press("Enter")
        tab_to(page, "#operations-me-get_me .execute")
        page.keyboard.press("Enter")
        assert answer_of(operation(page, "me", "get_me"))[0] == "200"

    def test_link_to_an_operation_opens_it(self, visit: Visit, service: Served) -> None:
        page = visit(service, "/docs#/orders/create_order")
        there = operation(page, "orders", "create_order").locator(".execute")
        there.wait_for()
        page.wait_for_function("window.scrollY > 0")

    def test_error_links_to_its_explanation(self, visit: Visit, service: Served) -> None:
        page = visit(service, "/docs#/products/list_products")
        with page.expect_popup() as opened:
            operation(page, "products", "list_products").get_by_role("link", name="rate_limited").click()
        assert opened.value.url == f"{service.url}/errors#rate_limited"
        assert opened.value.locator("#rate_limited").is_visible()


class TestSandbox:
    @SIZES
    def test_sandbox_users_are_signed_in(self, visit: Visit, sandbox: Served, size: dict[str, int]) -> None:
        page = visit(sandbox, "/docs", size)
        people = page.get_by_label("Sandbox, signed in as")
        for person in people.locator("option").all_text_contents():
            people.select_option(label=person)
            status, body = execute(page, "me", "get_me")
            assert (status, f"{body['role']}: {body['email']}") == ("200", person)

    def test_sandbox_resets(self, visit: Visit, sandbox: Served) -> None:
        page = visit(sandbox, "/docs")
        page.get_by_role("button", name="Reset data").click()
        page.get_by_role("button", name="Data was reset").wait_for()


class TestPhone:
    @pytest.mark.parametrize("path", ["/errors", "/changes"])
    def test_page_is_not_wider_than_the_screen(self, visit: Visit, service: Served, path: str) -> None:
        assert overflow(visit(service, path, PHONE)) == 0

    def test_expanded_docs_are_not_wider_than_the_screen(self, visit: Visit, sandbox: Served) -> None:
        page = visit(sandbox, "/docs", PHONE)
        for tag, name in (("orders", "list_orders"), ("orders", "create_order"), ("users", "list_users")):
            operation(page, tag, name).locator(".opblock-summary-control").click()
        page.get_by_label("Sandbox, signed in as").select_option(index=1)
        execute(page, "orders", "list_orders")
        assert overflow(page) == 0
