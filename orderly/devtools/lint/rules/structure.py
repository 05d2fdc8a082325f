"""Rules for the structure of requests and responses."""

from collections.abc import Iterator

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

SUBSCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems", "properties", "items", "additionalProperties")


def request_object_is_closed(draft: ContractDocument) -> Violations:
    """Require closed objects, so that misspelt members are not ignored."""
    seen: set[str] = set()
    for operation in draft.operations():
        body = operation.get("requestBody", "content")
        for _, media in body.members() if body else ():
            for schema in _objects(media["schema"].target, seen):
                if not {"additionalProperties", "unevaluatedProperties"} & schema.value.keys():
                    yield schema, "Add additionalProperties: false to this object of a request."


def required_property_is_declared(draft: ContractDocument) -> Violations:
    """Require declared properties in `required`."""
    for schema in draft.of("schema"):
        properties = schema.value.get("properties")
        for _, name in schema["required"].members() if "required" in schema.value and properties else ():
            if name.value not in properties:
                yield name, f"Correct or declare {name.value}: the object requires it and has no such property."


def path_parameter_is_declared(draft: ContractDocument) -> Violations:
    """Require the same names in the path and in its parameters."""
    for operation in draft.operations():
        path = draft.root["paths"]
        template = operation.pointer.removeprefix(path.pointer).split("/")[1].replace("~1", "/").replace("~0", "~")
        declared = {p["name"].value for p in parameters(draft, operation) if p["in"].value == "path"}
        named = {segment[1:-1] for segment in template.split("/") if segment.startswith("{")}
        for name in sorted(declared ^ named):
            yield operation, f"Write {name} both in the path and in its parameters."


def parameter_is_unique(draft: ContractDocument) -> Violations:
    """Reject duplicate parameters: only the last would have an effect."""
    for operation in draft.operations():
        seen = set()
        for _, node in (operation.get("parameters") or operation.child("parameters", [])).members():
            key = tuple(str(node.target[each].value) for each in ("in", "name"))
            if key in seen:
                yield node, f"Remove one {key[0]} parameter {key[1]}: it is declared twice."
            seen.add(key)


def body_is_allowed(draft: ContractDocument) -> Violations:
    """Reject bodies that HTTP does not define (RFC 9110).

    Proxies and clients drop the body of GET, HEAD, DELETE, 204, 205 and 304.
    """
    for operation in draft.operations():
        if operation.name in ("get", "head", "delete") and "requestBody" in operation.value:
            yield operation["requestBody"], f"Use parameters or another method: {operation.name.upper()} has no body."
        for status in ("204", "205", "304"):
            if (content := operation["responses"].get(status, "content")) is not None:
                yield content, f"Remove the content: a {status} has no body."


RULES = (
    request_object_is_closed,
    required_property_is_declared,
    path_parameter_is_declared,
    parameter_is_unique,
    body_is_allowed,
)


def parameters(draft: ContractDocument, operation: Node) -> Iterator[Node]:
    """Yield the parameters of an operation and its path, with references resolved."""
    path = operation.pointer.rpartition("/")[0]
    paths = {node.target.pointer: node.target for _, node in draft.root["paths"].members()}
    for holder in (paths[path], operation):
        places = holder.get("parameters")
        yield from (node.target for _, node in places.members()) if places else ()


def _objects(schema: Node, seen: set[str]) -> Iterator[Node]:
    """Yield the object schemas at a place and below it."""
    if schema.pointer in seen or not isinstance(schema.value, dict):
        return
    seen.add(schema.pointer)
    if schema.value.get("type") == "object" or "properties" in schema.value:
        yield schema
    for key in SUBSCHEMAS:
        subschema = schema.get(key)
        if subschema is None or not isinstance(subschema.value, dict | list):
            continue
        many = key == "properties" or isinstance(subschema.value, list)
        for child in [node for _, node in subschema.members()] if many else [subschema]:
            yield from _objects(child.target, seen)
