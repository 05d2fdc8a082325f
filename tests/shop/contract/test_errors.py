"""The codes of errors: those that are raised, declared, explained and told of at /errors are the same."""

import re

from orderly.docs.errors import OUTSIDE_OF_OPERATIONS
from orderly.errors import DomainError
from orderly.http.problems import status_of
from orderly.pipeline.handler_resolver import find_handler
from tests.shop.application import APPLICATION
from tests.shop.contract.scenarios import CONTRACT


def raised() -> dict[str, set[int]]:
    """Every code of a refusal in the code, with its statuses."""
    assert all(find_handler(APPLICATION, operation) for operation in CONTRACT.operations), (
        "handlers bring their refusals along"
    )
    found: dict[str, set[int]] = {}
    waiting = [DomainError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if hasattr(kind, "code") and kind.__module__.partition(".")[0] in ("db", "orderly"):
            found.setdefault(kind.code, set()).add(status_of(kind.__new__(kind)))
    return found


def declared() -> dict[str, set[int]]:
    """Every code that an operation declares, with its statuses; and those that stand outside of operations."""
    found = {code: set(statuses) for code, statuses in OUTSIDE_OF_OPERATIONS.items()}
    for operation in CONTRACT.operations:
        for status, response in operation.responses.items():
            for code in response.error_codes or ():
                found.setdefault(code, set()).add(int(status))
    return found


def test_what_the_code_raises_is_what_the_contract_declares():
    assert raised() == declared()


def test_what_the_contract_declares_is_what_it_explains():
    assert declared().keys() == CONTRACT.errors.keys()


def test_the_page_of_errors_has_them_all(client):
    page = client.get("/errors").body.decode()
    assert set(re.findall(r'<section id="([a-z_]+)"', page)) == CONTRACT.errors.keys()
