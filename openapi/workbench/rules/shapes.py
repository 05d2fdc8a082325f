"""What requests may hold."""

from collections.abc import Iterator

from openapi.node import Node
from openapi.workbench.places import Draft
from openapi.workbench.rules import Found

BELOW = ("allOf", "anyOf", "oneOf", "prefixItems", "properties", "items", "additionalProperties")


def request_object_is_closed(draft: Draft) -> Found:
    """What the contract does not name is refused, so that a misspelt member is not silently ignored."""
    seen: set[str] = set()
    for operation in draft.operations():
        body = operation.get("requestBody", "content")
        for _, media in body.members() if body else ():
            for schema in _objects(media["schema"].target, seen):
                if not {"additionalProperties", "unevaluatedProperties"} & schema.value.keys():
                    yield schema, "add additionalProperties: false to this object of a request"


def required_property_is_there(draft: Draft) -> Found:
    """`required` names properties of its own object."""
    for schema in draft.of("schema"):
        properties = schema.value.get("properties")
        for _, name in schema["required"].members() if "required" in schema.value and properties else ():
            if name.value not in properties:
                yield name, f"{name.value} is required, and the object has no such property"


def path_parameter_is_declared(draft: Draft) -> Found:
    """Each `{name}` of a path is a required path parameter, and each of these is in the path."""
    for operation in draft.operations():
        path = draft.root["paths"]
        template = operation.pointer.removeprefix(path.pointer).split("/")[1].replace("~1", "/").replace("~0", "~")
        declared = {p["name"].value for p in parameters(draft, operation) if p["in"].value == "path"}
        named = {segment[1:-1] for segment in template.split("/") if segment.startswith("{")}
        for name in sorted(declared ^ named):
            yield operation, f"{name} must stand both in the path and among its parameters"


RULES = (request_object_is_closed, required_property_is_there, path_parameter_is_declared)


def parameters(draft: Draft, operation: Node) -> Iterator[Node]:
    """The parameters of an operation and of its path, references followed."""
    steps = operation.pointer.rpartition("/")[0]
    paths = {node.target.pointer: node.target for _, node in draft.root["paths"].members()}
    for holder in (paths[steps], operation):
        places = holder.get("parameters")
        yield from (node.target for _, node in places.members()) if places else ()


def _objects(schema: Node, seen: set[str]) -> Iterator[Node]:
    """The objects at a place of a request and below it."""
    if schema.pointer in seen or not isinstance(schema.value, dict):
        return
    seen.add(schema.pointer)
    if schema.value.get("type") == "object" or "properties" in schema.value:
        yield schema
    for key in BELOW:
        below = schema.get(key)
        if below is None or not isinstance(below.value, dict | list):
            continue
        many = key == "properties" or isinstance(below.value, list)
        for child in [node for _, node in below.members()] if many else [below]:
            yield from _objects(child.target, seen)
