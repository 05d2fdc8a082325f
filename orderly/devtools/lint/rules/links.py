"""What leads from one place to another: links, and components that something refers to."""

import re
from collections.abc import Iterator
from typing import Any

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations
from orderly.devtools.lint.rules.structure import parameters


def created_has_links(draft: ContractDocument) -> Violations:
    """What was created can be followed; `Location` is made of the first link."""
    for operation in draft.operations():
        created = operation["responses"].get("201")
        if created is not None and not created.target.value.get("links"):
            yield created, "give the 201 links to the operations on what it creates"


def link_leads_to_an_operation(draft: ContractDocument) -> Violations:
    """A link names an operationId that is there."""
    known = _operations(draft)
    for link in draft.of("link"):
        if "$ref" not in link.value and (name := link.value.get("operationId")) not in known:
            place = link.child("operationId", None)
            yield place, f"no operation is called {name}; link to one that is there by operationId"


def link_has_real_parameters(draft: ContractDocument) -> Violations:
    """A link gives parameters that its operation has, and all that its path needs."""
    operations = _operations(draft)
    for link in draft.of("link"):
        operation = operations.get(link.value.get("operationId"))
        if operation is None:
            continue
        given = link.value.get("parameters", {})
        wanted = {p["name"].value: p["in"].value for p in parameters(draft, operation)}
        for name in given.keys() - wanted.keys():
            yield link["parameters"].child(name, None), f"{operation['operationId'].value} has no parameter {name}"
        for name in [name for name, place in wanted.items() if place == "path" and name not in given]:
            yield link, f"say what {name} is: {operation['operationId'].value} needs it"


def link_expression_is_real(draft: ContractDocument) -> Violations:
    """`$response.body#/id` leads to a property of the answer."""
    for response in draft.of("response"):
        content, links = response.get("content"), response.get("links")
        schemas = [media.get("schema") for _, media in content.items()] if content else []
        for place in [place for _, link in links.items() for place in _expressions(link)] if links else []:
            path = str(place.value).removeprefix("$response.body#/")
            if not any(_has(schema, path.split("/")) for schema in schemas):
                yield place, f"the answer has no {path}; name one of its properties"


def component_is_used(draft: ContractDocument) -> Violations:
    """Nothing is kept that nothing refers to."""
    used = set(_references(draft.root.value)) | {f"/components/securitySchemes/{n}" for n in _schemes(draft)}
    components = draft.root.get("components")
    for section, holder in components.members() if components else ():
        for name, node in holder.members():
            if node.pointer not in used:
                yield node, f"nothing refers to {name} in {section}; use it or take it out"


RULES = (
    created_has_links,
    link_leads_to_an_operation,
    link_has_real_parameters,
    link_expression_is_real,
    component_is_used,
)


def _operations(draft: ContractDocument) -> dict[Any, Node]:
    return {operation.value.get("operationId"): operation for operation in draft.operations()}


def _expressions(link: Node) -> Iterator[Node]:
    """The places of a link that take something from the body of the answer."""
    for key in ("parameters", "requestBody"):
        holder = link.get(key)
        for _, place in holder.members() if holder and isinstance(holder.value, dict) else ():
            if str(place.value).startswith("$response.body#/"):
                yield place


def _has(schema: Node | None, steps: list[str]) -> bool:
    for step in steps:
        schema = schema.get("properties", step) if schema else None
    return schema is not None


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield from re.findall(r"^#(/components/[^/]+/[^/]+)", reference)
        for child in value.values():
            yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def _schemes(draft: ContractDocument) -> set[str]:
    holders = [draft.root, *draft.operations()]
    return {scheme for holder in holders for each in holder.value.get("security", []) for scheme in each}
