"""Examples: they are there, and they are true."""

from collections.abc import Iterator

import jsonschema_rs

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations
from orderly.validation.schemas import compile_schema, create_registry

SCALARS = ("string", "integer", "number", "boolean")


def body_has_an_example(draft: ContractDocument) -> Violations:
    """Whoever reads the docs sees at once what to send and what comes back."""
    for media in draft.of("media"):
        if not {"example", "examples"} & media.value.keys():
            yield media, "give the body an example"


def property_has_an_example(draft: ContractDocument) -> Violations:
    """Each property that is told where it stands shows one of its values."""
    for schema in draft.of("schema"):
        properties = schema.value.get("properties")
        for name, node in schema["properties"].members() if isinstance(properties, dict) else ():
            value = node.value if isinstance(node.value, dict) else {}
            if value.get("type") in SCALARS and not {"examples", "default"} & value.keys():
                yield node, f"give the property {name} an example"


def example_is_here(draft: ContractDocument) -> Violations:
    """An example is where it is looked for: nothing is fetched from elsewhere."""
    for example in draft.of("example"):
        if not {"value", "$ref"} & example.value.keys():
            yield example, "write the example itself as its value"


def example_is_true(draft: ContractDocument) -> Violations:
    """An example fits its schema."""
    known = create_registry(draft.root.value)
    for schema, example in _examples(draft):
        for place, message in _untrue(schema, example, known):
            yield place, f"the example breaks {message}"


def example_has_its_answer(draft: ContractDocument) -> Violations:
    """A named example of a request shows what comes back for it, under the same name."""
    for operation in draft.operations():
        status = next((each for each, _ in operation["responses"].items() if each.startswith("2")), None)
        content = operation["responses"].get(status, "content") if status else None
        if content is None:
            continue
        answered = {name for _, media in content.items() for name in media.value.get("examples", ())}
        for _, media in _bodies(operation):
            for name in sorted(media.value.get("examples", {}).keys() - answered):
                yield media["examples"].child(name, None), f"show the {status} for {name} as an example of that name"


def listed_value_is_true(draft: ContractDocument) -> Violations:
    """What a schema lists, or gives where nothing is sent, fits the rest of it, and is listed once."""
    known = create_registry(draft.root.value)
    for schema in draft.of("schema"):
        listed = schema.value.get("enum", [])
        for index, value in enumerate(listed):
            if value in listed[:index]:
                yield schema["enum"].child(index, value), f"{value} is listed twice; take one out"
        values = [*(schema["enum"].members() if listed else ()), *_given(schema, "const", "default")]
        for _, value in values:
            for place, message in _untrue(schema, value, known):
                yield place, f"this value breaks {message}"


RULES = (
    body_has_an_example,
    property_has_an_example,
    example_is_true,
    example_is_here,
    example_has_its_answer,
    listed_value_is_true,
)


def _bodies(operation: Node) -> Iterator[tuple[str, Node]]:
    content = operation.get("requestBody", "content")
    return content.items() if content else iter(())


def _given(schema: Node, *keys: str) -> list[tuple[str, Node]]:
    return [(key, schema.child(key, schema.value[key])) for key in keys if key in schema.value]


def _untrue(schema: Node, value: Node, known: jsonschema_rs.Registry) -> Violations:
    try:
        validator = compile_schema(schema, known)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return  # the schema is none: that is another finding
    for error in validator.iter_errors(value.value):
        place = value
        for step in error.instance_path:
            place = place.child(step, None)
        yield place, f"`{error.kind.name}`: {error.message}"


def _examples(draft: ContractDocument) -> Iterator[tuple[Node, Node]]:
    """Each example beside the schema that it belongs to."""
    for schema in draft.of("schema"):
        if isinstance(schema.value.get("examples"), list):
            yield from (
                (schema, example) for _, example in schema.child("examples", schema.value["examples"]).members()
            )
    for holder in draft.of("media", "parameter", "header"):
        described, example, named = (holder.get(key) for key in ("schema", "example", "examples"))
        values = [value for _, node in named.items() if (value := node.get("value"))] if named else []
        if described is not None:
            yield from ((described, value) for value in [*values, *([example] if example else [])])
