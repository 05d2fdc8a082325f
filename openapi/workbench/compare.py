"""How a contract has changed: operation by operation, each with its references followed."""

from collections.abc import Iterator
from typing import Any

from openapi.contract import METHODS, Contract
from openapi.node import Node
from openapi.workbench.changes import ANNOUNCEMENTS, Change, Pair, Rating, merged
from openapi.workbench.schemas import Way, schema_changes

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
        for rule in (_about, _security, _extensions, _body):
            yield from rule(both)
        yield from _parameters(item, both)
        for status, response in both.by_key("responses"):
            yield from _response(status, response)


def _about(operation: Pair) -> Iterator[Change]:
    rated = {"operationId": BREAKING, **dict.fromkeys(ANNOUNCEMENTS, ADDITION)}
    for key in (*rated, "summary", "description", "tags"):
        before, after = operation.values(key)
        if before != after:
            yield operation.change(rated.get(key, WORDING), f"`{key}` {_how(before, after)}")


def _how(before: object, after: object) -> str:
    if before is None:
        return "was added"
    return "was removed" if after is None else "changed"


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


def _parameters(item: Pair, operation: Pair) -> Iterator[Change]:
    before, after = _parameters_of(item.old, operation.old), _parameters_of(item.new, operation.new)
    for key in {**before, **after}:
        both = operation.of(before.get(key), after.get(key))
        name = f"the {key[1]} parameter {key[0]}"
        yield from _holder(both, name, Way.TAKEN)
        if both.old and both.new:
            if any(both.values(k)[0] != both.values(k)[1] for k in ("style", "explode", "allowReserved")):
                yield both.change(BREAKING, f"{name} is written in another way")
            yield from schema_changes(_schema(both), Way.TAKEN)


def _parameters_of(*holders: Node | None) -> dict[tuple[str, str], Node]:
    found = {}
    for holder in holders:
        listed = holder.get("parameters") if holder else None
        for index in range(len(listed.value) if listed else 0):
            node = listed[index]  # type: ignore[index]  # there are some, or the range is empty
            value = node.target.value
            found[value["name"].lower() if value["in"] == "header" else value["name"], value["in"]] = node
    return found


def _holder(both: Pair, name: str, way: Way) -> Iterator[Change]:
    """What parameters, bodies and response headers have in common: being there, being required, being described."""
    before, after = (bool(value) for value in both.values("required"))
    if both.old is None:
        yield both.change(way.narrower() if after else ADDITION, f"{name} was added{', and is required' * after}")
    elif both.new is None:
        yield both.change(BREAKING, f"{name} was removed")
    else:
        if before != after:
            rating = way.narrower() if after else way.wider()
            yield both.change(rating, f"{name} is required {'now' if after else 'no more'}")
        for key in ("description", "example", "examples", *ANNOUNCEMENTS):
            if both.values(key)[0] != both.values(key)[1]:
                rating = ADDITION if key in ANNOUNCEMENTS else WORDING
                yield both.change(rating, f"the `{key}` of {name} changed")


def _schema(both: Pair) -> Pair:
    """The schema of a parameter or a header, which may stand below its media type."""
    return both.of(*(_schema_of(node) for node in (both.old, both.new)))


def _schema_of(node: Node | None) -> Node | None:
    content = node.get("content") if node else None
    if content is not None:
        return next(iter(content.items()))[1].get("schema")
    return node.get("schema") if node else None


def _body(operation: Pair) -> Iterator[Change]:
    both = operation.below("requestBody")
    if both.old or both.new:
        yield from _holder(both, "the body", Way.TAKEN)
    if both.old and both.new:
        yield from _content(both, Way.TAKEN)


def _content(both: Pair, way: Way) -> Iterator[Change]:
    for kind, media in both.by_key("content"):
        if media.old is None:
            yield media.change(ADDITION, f"{kind} was added")
        elif media.new is None:
            yield media.change(BREAKING, f"{kind} was removed")
        else:
            if any(media.values(key)[0] != media.values(key)[1] for key in ("example", "examples")):
                yield media.change(WORDING, "the examples changed")
            yield from schema_changes(media.below("schema"), way)


def _response(status: str, both: Pair) -> Iterator[Change]:
    if both.old is None:
        yield both.change(ADDITION, f"the answer {status} was added")
    elif both.new is None:
        rating = BREAKING if status.startswith("2") else ADDITION
        yield both.change(rating, f"the answer {status} was removed")
    else:
        if both.values("description")[0] != both.values("description")[1]:
            yield both.change(WORDING, f"the description of the answer {status} changed")
        yield from _content(both, Way.GIVEN)
        yield from _headers_and_links(both)
        yield from _codes(both)


def _headers_and_links(response: Pair) -> Iterator[Change]:
    for name, both in response.by_key("headers"):
        yield from _holder(both, f"the header {name}", Way.GIVEN)
        if both.old and both.new:
            yield from schema_changes(_schema(both), Way.GIVEN)
    for name, both in response.by_key("links"):
        if both.old is None or both.new is None:
            yield both.change(ADDITION if both.new else BREAKING, f"the link {name} {_how(both.old, both.new)}")
        elif both.old.target.value != both.new.target.value:
            yield both.change(BREAKING, f"the link {name} leads elsewhere")


def _codes(response: Pair) -> Iterator[Change]:
    before, after = (set(value or ()) for value in response.values("x-error-codes"))
    yield from (response.change(ADDITION, f"the code {code} may come now") for code in sorted(after - before))
    yield from (response.change(ADDITION, f"the code {code} may come no more") for code in sorted(before - after))
