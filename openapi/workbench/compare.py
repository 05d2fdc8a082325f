"""How a contract has changed: operation by operation, each with its references followed."""

from collections.abc import Iterator
from typing import Any

from openapi.contract import METHODS, Contract
from openapi.node import Node
from openapi.workbench.changes import ANNOUNCEMENTS, Change, Pair, Rating, how, merged
from openapi.workbench.messages import body_changes, parameter_changes, response_changes

ADDITION, BREAKING, WORDING = Rating.ADDITION, Rating.BREAKING, Rating.WORDING


def compare(old: Contract, new: Contract) -> list[Change]:
    """Every change between two contracts, the worst first."""
    return merged(_changes(Pair(old.root, new.root)))


def _changes(root: Pair) -> Iterator[Change]:
    if _address(root.old) != _address(root.new):
        yield root.below("servers").change(BREAKING, "the address changed")
    for key in ("info", "tags", "x-errors", "x-scopes"):
        if _without_version(root.values(key)[0]) != _without_version(root.values(key)[1]):
            yield root.below(key).change(WORDING, "the words changed")
    if root.below("components").values("examples")[0] != root.below("components").values("examples")[1]:
        yield root.below("components").below("examples").change(WORDING, "the examples changed")
    yield from _roles(root)
    yield from _schemes(root)
    for path, item in root.by_key("paths"):
        for method in METHODS:
            yield from _operation(path, method, item)


def _address(root: Node | None) -> Any:
    assert root is not None  # noqa: S101  # both contracts have a root
    return root["servers"][0]["url"].value


def _without_version(value: Any) -> Any:
    return {k: v for k, v in value.items() if k != "version"} if isinstance(value, dict) else value


def _roles(root: Pair) -> Iterator[Change]:
    for role, both in root.by_key("x-roles"):
        before, after = (set(node.value) if node else set() for node in (both.old, both.new))
        yield from (both.change(BREAKING, f"{role} lost the scope {scope}") for scope in sorted(before - after))
        yield from (both.change(ADDITION, f"{role} gained the scope {scope}") for scope in sorted(after - before))


def _schemes(root: Pair) -> Iterator[Change]:
    for name, both in root.below("components").by_key("securitySchemes"):
        if both.old is None:
            yield both.change(ADDITION, f"the credential {name} was added")
        elif both.new is None:
            yield both.change(BREAKING, f"the credential {name} was removed")
        elif _without_words(both.old.value) != _without_words(both.new.value):
            yield both.change(BREAKING, f"the credential {name} is given in another way")
        elif both.old.value != both.new.value:
            yield both.change(WORDING, f"the description of the credential {name} changed")


def _without_words(value: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in value.items() if k != "description"}


def _operation(path: str, method: str, item: Pair) -> Iterator[Change]:
    before = item.old.get(method) if item.old else None
    after = item.new.get(method) if item.new else None
    both = Pair(item.old, item.new, f"{method.upper()} {path}").of(before, after)
    if both.new is None and both.old is not None:
        yield both.change(BREAKING, "the operation was removed")
    elif both.old is None and both.new is not None:
        yield both.change(ADDITION, "the operation was added")
    elif both.old is not None:
        for rule in (_about, _security, _extensions, body_changes):
            yield from rule(both)
        yield from parameter_changes(item, both)
        for status, response in both.by_key("responses"):
            yield from response_changes(status, response)


def _about(operation: Pair) -> Iterator[Change]:
    rated = {"operationId": BREAKING, **dict.fromkeys(ANNOUNCEMENTS, ADDITION)}
    for key in (*rated, "summary", "description", "tags"):
        before, after = operation.values(key)
        if before != after:
            yield operation.change(rated.get(key, WORDING), f"`{key}` {how(before, after)}")


def _security(operation: Pair) -> Iterator[Change]:
    """Each credential that was enough must still be; one more that is enough takes nothing from anybody."""
    before, after = _alternatives(operation.old), _alternatives(operation.new)
    for each in before:
        if not any(_suffices(each, other) for other in after):
            yield operation.change(BREAKING, f"{_shown(each)} is not enough any more")
    for each in after:
        if not any(_suffices(each, other) for other in before):
            yield operation.change(ADDITION, f"{_shown(each)} is enough now")


def _alternatives(operation: Node | None) -> list[dict[str, set[str]]]:
    assert operation is not None  # noqa: S101  # the operation stands in both
    default = operation.document.get("security", [])
    given = operation.value.get("security", default) or [{}]
    return [{scheme: set(scopes) for scheme, scopes in each.items()} for each in given]


def _suffices(credential: dict[str, set[str]], wanted: dict[str, set[str]]) -> bool:
    return all(scheme in credential and scopes <= credential[scheme] for scheme, scopes in wanted.items())


def _shown(credential: dict[str, set[str]]) -> str:
    return " and ".join(" ".join([name, *sorted(scopes)]) for name, scopes in credential.items()) or "no credential"


def _extensions(operation: Pair) -> Iterator[Change]:
    before, after = operation.values("x-idempotent")
    if bool(before) != bool(after):
        yield operation.change(ADDITION if after else BREAKING, f"`Idempotency-Key` {_taken(after)}")
    before, after = operation.values("x-precondition")
    if before != after:
        breaking = after == "required" or after is None
        yield operation.change(BREAKING if breaking else ADDITION, f"`If-Match` is {after or 'not looked at any more'}")
    yield from _limits(operation)


def _taken(taken: object) -> str:
    return "is taken now" if taken else "is not looked at any more"


def _limits(operation: Pair) -> Iterator[Change]:
    before, after = (_limits_of(value) for value in operation.values("x-rate-limit"))
    for per in sorted({*before, *after}):
        old, new = before.get(per), after.get(per)
        if old != new:
            looser = new is None or (old is not None and new[0] >= old[0] and new[0] / new[1] >= old[0] / old[1])
            rating = ADDITION if looser else BREAKING
            yield operation.change(rating, f"the limit per {per} was {_limit(old)}, is {_limit(new)}")


def _limits_of(value: Any) -> dict[str, tuple[int, int]]:
    limits = value if isinstance(value, list) else [value] if value else []
    return {each["per"]: (each["limit"], each["window"]) for each in limits}


def _limit(limit: tuple[int, int] | None) -> str:
    return "none" if limit is None else f"{limit[0]} in {limit[1]} s"
