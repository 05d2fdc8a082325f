"""Rules for summaries and descriptions."""

import re

from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations


def operation_is_described(draft: ContractDocument) -> Violations:
    """Require a summary for lists and a description for developers of clients."""
    for operation in draft.operations():
        for key in ("summary", "description"):
            if not operation.value.get(key):
                yield operation.child(key, None), f"Add a {key} to {operation.value.get('operationId')}."


def tag_is_described(draft: ContractDocument) -> Violations:
    """Require each tag in `tags`, with a description."""
    described = {tag.get("name") for tag in draft.root.value.get("tags", []) if tag.get("description")}
    for operation in draft.operations():
        if (tag := operation["tags"][0]).value not in described:
            yield tag, f"Add {tag.value} to `tags`, with a description."


def property_is_described(draft: ContractDocument) -> Violations:
    """Require a description on the property or on its referenced schema."""
    for schema in draft.of("schema"):
        properties = schema.value.get("properties")
        for name, node in schema["properties"].members() if isinstance(properties, dict) else ():
            if isinstance(node.value, dict) and not any("description" in each.value for each in (node, node.target)):
                yield node, f"Add a description to the property {name}: its purpose."


def component_is_described(draft: ContractDocument) -> Violations:
    """Require a description of each shared component."""
    named = [node for _, node in draft.components("schemas")]
    for node in [*named, *draft.of("parameter", "header", "response", "security_scheme")]:
        if not {"description", "$ref"} & node.value.keys():
            yield node, f"Add a description to {node.value.get('name', node.name)}."


def version_is_semantic(draft: ContractDocument) -> Violations:
    """Require a semantic version (semver.org): clients and `orderly diff` compare it."""
    version = draft.root["info"]["version"]
    if not re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:[-+].*)?", version.value):
        yield version, "Write a semantic version (semver.org), such as 1.2.3."


RULES = (operation_is_described, tag_is_described, property_is_described, component_is_described, version_is_semantic)
