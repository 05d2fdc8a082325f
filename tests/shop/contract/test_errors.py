"""Error codes: those that are raised, declared and explained are the same."""

from orderly.docs.errors import OUTSIDE_OF_OPERATIONS
from orderly.errors import DomainError
from orderly.http.problems import status_of
from tests.applications import SHOP
from tests.shop.application import CONTRACT


def kinds() -> list[type[DomainError]]:
    """Return every class with an error code."""
    assert all(SHOP.handler(operation) for operation in CONTRACT.operations), "handlers import their errors"
    found, waiting = [], [DomainError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found += [kind] if hasattr(kind, "code") and kind.__module__.partition(".")[0] in ("db", "orderly") else []
    return found


def raised() -> dict[str, set[int]]:
    """Return the codes of all classes, with their statuses."""
    found: dict[str, set[int]] = {}
    for kind in kinds():
        found.setdefault(kind.code, set()).add(status_of(kind.__new__(kind)))
    return found


def declared() -> dict[str, set[int]]:
    """Return the declared codes with their statuses, also those outside of operations."""
    found = {code: set(statuses) for code, statuses in OUTSIDE_OF_OPERATIONS.items()}
    for operation in CONTRACT.operations:
        for status, response in operation.responses.items():
            for code in response.error_codes or ():
                found.setdefault(code, set()).add(int(status))
    return found


def test_raised_codes_equal_the_declared_ones() -> None:
    assert raised() == declared()


def test_shop_errors_have_no_details_of_their_own() -> None:
    shop = [kind for kind in kinds() if kind.__module__.startswith("db.")]

    assert shop
    assert [kind for kind in shop if "detail" in vars(kind)] == []


def test_details_of_the_engine_equal_the_catalogue() -> None:
    engine = [kind for kind in kinds() if kind.__module__.startswith("orderly.") and "detail" in vars(kind)]

    assert {kind.code: kind.detail for kind in engine} == {
        kind.code: CONTRACT.errors[kind.code]["detail"] for kind in engine
    }


def test_declared_codes_equal_the_explained_ones() -> None:
    assert declared().keys() == CONTRACT.errors.keys()
