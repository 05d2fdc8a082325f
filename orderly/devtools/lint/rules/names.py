"""Rules for names: one case for each kind."""

import re

from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

SNAKE = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
KEBAB = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
PASCAL_CASE_SECTIONS = ("schemas", "responses", "parameters", "examples", "requestBodies", "links", "callbacks")


def operation_id_is_verb_noun(draft: ContractDocument) -> Violations:
    """Require `create_order`: functions and generated clients have this name."""
    for operation in draft.operations():
        name = str(operation.value.get("operationId", ""))
        if not re.fullmatch(r"[a-z]+(?:_[a-z0-9]+)+", name):
            yield operation["operationId"], f"Rename {name!r} to verb_noun, such as list_orders."


def path_is_kebab_case(draft: ContractDocument) -> Violations:
    """Require kebab-case: `/stock-adjustments/{adjustment_id}`."""
    for path, node in draft.root["paths"].value.items():
        segments = path.split("/")[1:]
        if not all(re.fullmatch(rf"{KEBAB}|\{{{SNAKE}\}}", segment) for segment in segments):
            yield (
                draft.root["paths"].child(path, node),
                f"Write {path} in kebab-case, its parameters as {{snake_case}}.",
            )


def tag_is_kebab_case(draft: ContractDocument) -> Violations:
    """Require kebab-case: `api-keys` is the name of the handler module."""
    for operation in draft.operations():
        for _, tag in operation["tags"].members():
            if not re.fullmatch(KEBAB, str(tag.value)):
                yield tag, f"Write the tag {tag.value} in kebab-case: the handler module is named after it."


def component_is_pascal_case(draft: ContractDocument) -> Violations:
    """Require PascalCase: `OrderCreate` is a type in generated clients."""
    for section in PASCAL_CASE_SECTIONS:
        for name, node in draft.components(section):
            if not re.fullmatch(r"(?:[A-Z][a-z0-9]*)+", name):
                yield node, f"Write {name!r} in PascalCase, such as OrderCreate."


def property_is_snake_case(draft: ContractDocument) -> Violations:
    """Require snake_case in bodies and parameters: `created_at`."""
    for schema in draft.of("schema"):
        properties = schema.value.get("properties")
        for name, node in schema["properties"].members() if isinstance(properties, dict) else ():
            if not re.fullmatch(SNAKE, name):
                yield node, f"Write the property {name!r} in snake_case."
    for parameter in draft.of("parameter"):
        name = str(parameter.value.get("name", "a"))
        if parameter.value.get("in") in ("query", "path") and not re.fullmatch(SNAKE, name):
            yield parameter["name"], f"Write the parameter {name!r} in snake_case."


def header_is_train_case(draft: ContractDocument) -> Violations:
    """Require the case that HTTP uses: `Idempotency-Key`."""
    named = [(p["name"], str(p["name"].value)) for p in draft.of("parameter") if p.value.get("in") == "header"]
    for node, name in [*named, *((header, header.name) for header in draft.of("header"))]:
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]*(?:-[A-Z][A-Za-z0-9]*)*", name):
            yield node, f"Write the header {name!r} with capitals and hyphens, such as Idempotency-Key."


def scope_is_resource_and_action(draft: ContractDocument) -> Violations:
    """Require resource and action: `orders:read`."""
    scopes = draft.root.get("x-scopes")
    for name, node in scopes.members() if scopes else ():
        if not re.fullmatch(rf"{KEBAB}:[a-z]+", name):
            yield node, f"Rename the scope {name!r} to resource:action, such as orders:read."


RULES = (
    operation_id_is_verb_noun,
    path_is_kebab_case,
    tag_is_kebab_case,
    component_is_pascal_case,
    property_is_snake_case,
    header_is_train_case,
    scope_is_resource_and_action,
)
