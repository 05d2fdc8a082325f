"""Rules for examples: present and valid."""

from collections.abc import Iterator

import jsonschema_rs

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations
from orderly.validation.schemas import compile_schema, create_registry

SCALARS = ("string", "integer", "number", "boolean")


def body_has_an_example(draft: ContractDocument) -> Violations:
    """Require an example of each body, for the documentation and the sandbox."""
    for media in draft.of("media"):
        if not {"example", "examples"} & media.value.keys():
            yield media, "Add an example to the body."


def property_has_an_example(draft: ContractDocument) -> Violations:
    """Require an example of each property with an inline scalar schema."""
    for schema in draft.of("schema"):
        properties = schema.value.get("properties")
        for name, node in schema["properties"].members() if isinstance(properties, dict) else ():
            value = node.value if isinstance(node.value, dict) else {}
            if value.get("type") in SCALARS and not {"examples", "default"} & value.keys():
                yield node, f"Add an example to the property {name}."


def example_is_inline(draft: ContractDocument) -> Violations:
    """Require the value in the contract: no example is fetched."""
    for example in draft.of("example"):
        if not {"value", "$ref"} & example.value.keys():
            yield example, "Write the example itself as its value: externalValue is not fetched."


def example_is_valid(draft: ContractDocument) -> Violations:
    """Validate each example by its schema."""
    known = create_registry(draft.root.value)
    for schema, example in _examples(draft):
        for place, message in _errors(schema, example, known):
            yield place, f"The example violates {message}."


def request_example_has_response(draft: ContractDocument) -> Violations:
    """Require a response example with the name of each request example."""
    for operation in draft.operations():
        status = next((each for each, _ in operation["responses"].items() if each.startswith("2")), None)
        content = operation["responses"].get(status, "content") if status else None
        if content is None:
            continue
        shown = {name for _, media in content.items() for name in media.value.get("examples", ())}
        for _, media in _bodies(operation):
            for name in sorted(media.value.get("examples", {}).keys() - shown):
                yield (
                    media["examples"].child(name, None),
                    f"Add an example of this name to the {status}: the response to {name}.",
                )


def listed_value_is_valid(draft: ContractDocument) -> Violations:
    """Validate `enum`, `const` and `default`, and reject duplicates in `enum`."""
    known = create_registry(draft.root.value)
    for schema in draft.of("schema"):
        listed = schema.value.get("enum", [])
        for index, value in enumerate(listed):
            if value in listed[:index]:
                yield schema["enum"].child(index, value), f"Remove one {value}: enum lists the value twice."
        values = [*(schema["enum"].members() if listed else ()), *_keyword_values(schema, "const", "default")]
        for _, value in values:
            for place, message in _errors(schema, value, known):
                yield place, f"The value violates {message}."


RULES = (
    body_has_an_example,
    property_has_an_example,
    example_is_valid,
    example_is_inline,
    request_example_has_response,
    listed_value_is_valid,
)


def _bodies(operation: Node) -> Iterator[tuple[str, Node]]:
    content = operation.get("requestBody", "content")
    return content.items() if content else iter(())


def _keyword_values(schema: Node, *keys: str) -> list[tuple[str, Node]]:
    return [(key, schema.child(key, schema.value[key])) for key in keys if key in schema.value]


def _errors(schema: Node, value: Node, known: jsonschema_rs.Registry) -> Violations:
    try:
        validator = compile_schema(schema, known)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return  # the schema is invalid, which is another finding
    for error in validator.iter_errors(value.value):
        place = value
        for step in error.instance_path:
            place = place.child(step, None)
        yield place, f"`{error.kind.name}`: {error.message}"


def _examples(draft: ContractDocument) -> Iterator[tuple[Node, Node]]:
    """Yield each example with its schema."""
    for schema in draft.of("schema"):
        if isinstance(schema.value.get("examples"), list):
            yield from (
                (schema, example) for _, example in schema.child("examples", schema.value["examples"]).members()
            )
    for holder in draft.of("media", "parameter", "header"):
        declared, example, named = (holder.get(key) for key in ("schema", "example", "examples"))
        values = [value for _, node in named.items() if (value := node.get("value"))] if named else []
        if declared is not None:
            yield from ((declared, value) for value in [*values, *([example] if example else [])])
