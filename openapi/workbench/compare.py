"""How a contract has changed: operation by operation, each with its references followed."""

import re
from collections.abc import Iterator
from typing import Any

from openapi.contract import METHODS, Contract
from openapi.node import Node
from openapi.workbench.changes import ANNOUNCEMENTS, Change, Pair, Rating, announced, merged
from openapi.workbench.credentials import role_changes, scheme_changes, security_changes
from openapi.workbench.promises import extension_changes
from openapi.workbench.schemas import Way, schema_changes

ADDITION, BREAKING, WORDING = Rating.ADDITION, Rating.BREAKING, Rating.WORDING


def compare(old: Contract, new: Contract) -> list[Change]:
    """Every change between two contracts, the worst first."""
    return merged(_changes(Pair(old.root, new.root)))


def _changes(root: Pair) -> Iterator[Change]:
    if _address(root.old) != _address(root.new):
        yield root.below("servers").change(BREAKING, "the address changed")
    for key in ("info", "tags", "externalDocs", "x-errors", "x-scopes"):
        if _without_version(root.values(key)[0]) != _without_version(root.values(key)[1]):
            yield root.below(key).change(WORDING, "the words changed")
    if root.below("components").values("examples")[0] != root.below("components").values("examples")[1]:
        yield root.below("components").below("examples").change(WORDING, "the examples changed")
    yield from role_changes(root)
    yield from scheme_changes(root)
    yield from _elsewhere(root.by_key("webhooks"), "the webhook")
    for path, item in _paths(root):
        for method in METHODS:
            yield from _operation(path, method, item)


def _paths(root: Pair) -> Iterator[tuple[str, Pair]]:
    """The paths of both, where those are one that differ in the names of their parameters only."""
    both = root.below("paths")
    old, new = (
        {re.sub(r"\{[^}]*\}", "{}", p): p for p in (side.value if side else ())} for side in (both.old, both.new)
    )
    for form in {**old, **new}:
        sides = [
            side.get(names[form]) if side and form in names else None
            for side, names in ((both.old, old), (both.new, new))
        ]
        yield new.get(form) or old[form], both.of(*sides)


def _elsewhere(pairs: Iterator[tuple[str, Pair]], what: str) -> Iterator[Change]:
    """What the service calls by itself: clients have to answer it, so any other call may be one too many."""
    for name, both in pairs:
        if both.old is None or both.new is None:
            yield both.change(ADDITION if both.new else BREAKING, f"{what} {name} {_how(both.old, both.new)}")
        elif both.old.target.value != both.new.target.value:
            yield both.change(BREAKING, f"{what} {name} is made in another way")


def _callbacks(operation: Pair) -> Iterator[Change]:
    return _elsewhere(operation.by_key("callbacks"), "the callback")


def _address(root: Node | None) -> Any:
    assert root is not None  # noqa: S101  # both contracts have a root
    return root["servers"][0]["url"].value


def _without_version(value: Any) -> Any:
    return {k: v for k, v in value.items() if k != "version"} if isinstance(value, dict) else value


def _operation(path: str, method: str, item: Pair) -> Iterator[Change]:
    before = item.old.get(method) if item.old else None
    after = item.new.get(method) if item.new else None
    both = Pair(item.old, item.new, f"{method.upper()} {path}").of(before, after)
    if both.new is None and both.old is not None:
        yield both.change(BREAKING, "the operation was removed")
    elif both.old is None and both.new is not None:
        yield both.change(ADDITION, "the operation was added")
    elif both.old is not None:
        for rule in (_about, security_changes, extension_changes, _body, _callbacks):
            yield from rule(both)
        yield from _parameters(item, both)
        for status, response in both.by_key("responses"):
            yield from _response(status, response)


def _about(operation: Pair) -> Iterator[Change]:
    for key in ("operationId", *ANNOUNCEMENTS, "summary", "description", "tags", "externalDocs"):
        before, after = operation.values(key)
        if before != after:
            rating = BREAKING if key == "operationId" else announced(key, before, after)
            yield operation.change(rating, f"`{key}` {_how(before, after)}")


def _how(before: object, after: object) -> str:
    if before is None:
        return "was added"
    return "was removed" if after is None else "changed"


def _parameters(item: Pair, operation: Pair) -> Iterator[Change]:
    before, after = _parameters_of(item.old, operation.old), _parameters_of(item.new, operation.new)
    for key in {**before, **after}:
        both = operation.of(before.get(key), after.get(key))
        name = f"the {key[1]} parameter {key[0]}"
        yield from _holder(both, name, Way.TAKEN)
        if both.old and both.new:
            if _written(both.old) != _written(both.new):
                yield both.change(BREAKING, f"{name} is written in another way")
            yield from schema_changes(_schema(both), Way.TAKEN)


def _written(parameter: Node) -> tuple[object, ...]:
    """How a parameter is written, with what counts where nothing is said (OpenAPI 3.1, 4.8.12.2)."""
    said = parameter.target.value
    style = said.get("style", "form" if said["in"] in ("query", "cookie") else "simple")
    return style, said.get("explode", style == "form"), bool(said.get("allowReserved")), "content" in said


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
                yield both.change(announced(key, *both.values(key)), f"the `{key}` of {name} changed")


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
            schema = media.below("schema")
            if (schema.old is None) != (schema.new is None):
                yield media.change(way.changed(schema.old, schema.new), f"the schema {_how(schema.old, schema.new)}")
            yield from schema_changes(schema, way)


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
