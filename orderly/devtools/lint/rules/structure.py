"""What requests may hold."""

from collections.abc import Iterator

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

BELOW = ("allOf", "anyOf", "oneOf", "prefixItems", "properties", "items", "additionalProperties")


def request_object_is_closed(draft: ContractDocument) -> Violations:
    """What the contract does not name is refused, so that a misspelt member is not silently ignored."""
    seen: set[str] = set()
    for operation in draft.operations():
        body = operation.get("requestBody", "content")
        for _, media in body.members() if body else ():
            for schema in _objects(media["schema"].target, seen):
                if not {"additionalProperties", "unevaluatedProperties"} & schema.value.keys():
                    yield schema, "add additionalProperties: false to this object of a request"


def required_property_is_there(draft: ContractDocument) -> Violations:
    """`required` names properties of its own object."""
    for schema in draft.of("schema"):
        properties = schema.value.get("properties")
        for _, name in schema["required"].members() if "required" in schema.value and properties else ():
            if name.value not in properties:
                yield name, f"{name.value} is required, and the object has no such property"


def path_parameter_is_declared(draft: ContractDocument) -> Violations:
    """Each `{name}` of a path is a required path parameter, and each of these is in the path."""
    for operation in draft.operations():
        path = draft.root["paths"]
        template = operation.pointer.removeprefix(path.pointer).split("/")[1].replace("~1", "/").replace("~0", "~")
        declared = {p["name"].value for p in parameters(draft, operation) if p["in"].value == "path"}
        named = {segment[1:-1] for segment in template.split("/") if segment.startswith("{")}
        for name in sorted(declared ^ named):
            yield operation, f"{name} must stand both in the path and among its parameters"


def parameter_stands_once(draft: ContractDocument) -> Violations:
    """Of two parameters of one name in one place only the last would count."""
    for operation in draft.operations():
        seen = set()
        for _, node in (operation.get("parameters") or operation.child("parameters", [])).members():
            key = tuple(str(node.target[each].value) for each in ("in", "name"))
            if key in seen:
                yield node, f"the {key[0]} parameter {key[1]} stands here twice; take one out"
            seen.add(key)


def bodiless_has_no_body(draft: ContractDocument) -> Violations:
    """Neither GET and DELETE nor a 204 or 304 has a body in HTTP (RFC 9110): proxies and clients drop it."""
    for operation in draft.operations():
        if operation.name in ("get", "head", "delete") and "requestBody" in operation.value:
            yield operation["requestBody"], f"{operation.name.upper()} has no body; use parameters or another method"
        for status in ("204", "205", "304"):
            if (content := operation["responses"].get(status, "content")) is not None:
                yield content, f"a {status} has no body; take the content out"


RULES = (
    request_object_is_closed,
    required_property_is_there,
    path_parameter_is_declared,
    parameter_stands_once,
    bodiless_has_no_body,
)


def parameters(draft: ContractDocument, operation: Node) -> Iterator[Node]:
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
