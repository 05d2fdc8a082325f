"""Examples: they are there, and they are true."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from openapi.node import Node
from openapi.validation import compiled, registry
from openapi.workbench.places import Draft
from openapi.workbench.rules import Found

SCALARS = ("string", "integer", "number", "boolean")


def body_has_an_example(draft: Draft) -> Found:
    """Whoever reads the docs sees at once what to send and what comes back."""
    for media in draft.of("media"):
        if not {"example", "examples"} & media.value.keys():
            yield media, "give the body an example"


def property_has_an_example(draft: Draft) -> Found:
    """Each property that is told where it stands shows one of its values."""
    for schema in draft.of("schema"):
        properties = schema.value.get("properties")
        for name, node in schema["properties"].members() if isinstance(properties, dict) else ():
            value = node.value if isinstance(node.value, dict) else {}
            if value.get("type") in SCALARS and not {"examples", "default"} & value.keys():
                yield node, f"give the property {name} an example"


def example_is_true(draft: Draft) -> Found:
    """An example fits its schema."""
    known = registry(draft.root.value)
    for schema, example in _examples(draft):
        try:
            validator = compiled(schema, known)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
            continue  # the schema is none: that is another finding
        for error in validator.iter_errors(example.value):
            place = example
            for step in error.instance_path:
                place = place.below(step, None)
            yield place, f"the example breaks `{error.kind.name}`: {error.message}"


RULES = (body_has_an_example, property_has_an_example, example_is_true)


def _examples(draft: Draft) -> Iterator[tuple[Node, Node]]:
    """Each example beside the schema that it belongs to."""
    for schema in draft.of("schema"):
        yield from ((schema, example) for example in _items(schema.get("examples")))
    for holder in draft.of("media", "parameter", "header"):
        schema, example = holder.get("schema"), holder.get("example")
        if schema is None:
            continue
        named = holder.get("examples")
        values = [node["value"] for _, node in named.items()] if named else []
        yield from ((schema, value) for value in [*values, *([example] if example else [])])


def _items(node: Node | None) -> list[Node]:
    value: Any = node.value if node else None
    return [child for _, child in node.members()] if node and isinstance(value, list) else []
