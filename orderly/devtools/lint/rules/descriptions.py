"""What is said for people."""

import re

from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations


def operation_is_described(draft: ContractDocument) -> Violations:
    """With a summary for lists and a description for whoever calls it."""
    for operation in draft.operations():
        for key in ("summary", "description"):
            if not operation.value.get(key):
                yield operation.child(key, None), f"give {operation.value.get('operationId')} a {key}"


def tag_is_introduced(draft: ContractDocument) -> Violations:
    """Each tag stands in `tags`, with a description."""
    described = {tag.get("name") for tag in draft.root.value.get("tags", []) if tag.get("description")}
    for operation in draft.operations():
        if (tag := operation["tags"][0]).value not in described:
            yield tag, f"introduce {tag.value} in `tags`, with a description"


def property_is_described(draft: ContractDocument) -> Violations:
    """Where it stands, or on the schema that it refers to."""
    for schema in draft.of("schema"):
        properties = schema.value.get("properties")
        for name, node in schema["properties"].members() if isinstance(properties, dict) else ():
            if isinstance(node.value, dict) and not any("description" in each.value for each in (node, node.target)):
                yield node, f"describe the property {name}: what is it for?"


def component_is_described(draft: ContractDocument) -> Violations:
    """Schemas, parameters, headers, responses and security schemes say what they are."""
    named = [node for _, node in draft.components("schemas")]
    for node in [*named, *draft.of("parameter", "header", "response", "security_scheme")]:
        if not {"description", "$ref"} & node.value.keys():
            yield node, f"describe {node.value.get('name', node.name)}"


def version_is_semantic(draft: ContractDocument) -> Violations:
    """What clients can compare (semver.org), and `orderly diff` raises."""
    version = draft.root["info"]["version"]
    if not re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:[-+].*)?", version.value):
        yield version, "number it as semver.org has it, such as 1.2.3"


RULES = (operation_is_described, tag_is_introduced, property_is_described, component_is_described, version_is_semantic)
