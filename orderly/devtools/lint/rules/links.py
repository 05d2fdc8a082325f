"""Rules for references: links, and components that are used."""

import re
from collections.abc import Iterator
from typing import Any

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations
from orderly.devtools.lint.rules.structure import parameters


def created_has_links(draft: ContractDocument) -> Violations:
    """Require links in a 201: `Location` is built from the first one."""
    for operation in draft.operations():
        created = operation["responses"].get("201")
        if created is not None and not created.target.value.get("links"):
            yield created, "Add links to the 201, to the operations on the created resource."


def link_target_exists(draft: ContractDocument) -> Violations:
    """Require an existing operationId in each link."""
    known = _operations(draft)
    for link in draft.of("link"):
        if "$ref" not in link.value and (name := link.value.get("operationId")) not in known:
            place = link.child("operationId", None)
            yield place, f"Name an existing operationId: there is no operation {name}."


def link_parameters_exist(draft: ContractDocument) -> Violations:
    """Require declared parameters, and all those of the path."""
    operations = _operations(draft)
    for link in draft.of("link"):
        operation = operations.get(link.value.get("operationId"))
        if operation is None:
            continue
        given = link.value.get("parameters", {})
        declared = {p["name"].value: p["in"].value for p in parameters(draft, operation)}
        for name in given.keys() - declared.keys():
            yield (
                link["parameters"].child(name, None),
                f"Correct or remove {name}: {operation['operationId'].value} has no such parameter.",
            )
        for name in [name for name, place in declared.items() if place == "path" and name not in given]:
            yield link, f"Add the parameter {name}: {operation['operationId'].value} requires it."


def link_expression_is_valid(draft: ContractDocument) -> Violations:
    """Require a declared property of the response: `$response.body#/id`."""
    for response in draft.of("response"):
        content, links = response.get("content"), response.get("links")
        schemas = [media.get("schema") for _, media in content.items()] if content else []
        for place in [place for _, link in links.items() for place in _expressions(link)] if links else []:
            path = str(place.value).removeprefix("$response.body#/")
            if not any(_has(schema, path.split("/")) for schema in schemas):
                yield place, f"Name a property of the response: there is no {path}."


def component_is_used(draft: ContractDocument) -> Violations:
    """Reject components that nothing references."""
    used = set(_references(draft.root.value)) | {f"/components/securitySchemes/{n}" for n in _schemes(draft)}
    components = draft.root.get("components")
    for section, holder in components.members() if components else ():
        for name, node in holder.members():
            if node.pointer not in used:
                yield node, f"Use or remove {name}: nothing references this entry of {section}."


RULES = (
    created_has_links,
    link_target_exists,
    link_parameters_exist,
    link_expression_is_valid,
    component_is_used,
)


def _operations(draft: ContractDocument) -> dict[Any, Node]:
    return {operation.value.get("operationId"): operation for operation in draft.operations()}


def _expressions(link: Node) -> Iterator[Node]:
    """Yield the expressions of a link that refer to the response body."""
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
