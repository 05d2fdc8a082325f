"""What would be read and do nothing: words that JSON Schema does not have, and shapes that nothing can have."""

from orderly.contract.loader import ContractError
from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

KEYWORDS = {
    *("$ref", "$defs", "$comment", "type", "enum", "const", "title", "description", "default", "examples"),
    *("deprecated", "readOnly", "writeOnly", "format", "pattern", "minLength", "maxLength", "multipleOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "contentEncoding", "contentMediaType"),
    *("contentSchema", "items", "prefixItems", "unevaluatedItems", "contains", "minContains", "maxContains"),
    *("minItems", "maxItems", "uniqueItems", "properties", "patternProperties", "additionalProperties"),
    *("unevaluatedProperties", "propertyNames", "minProperties", "maxProperties", "required", "dependentRequired"),
    *("dependentSchemas", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"),
    *("discriminator", "externalDocs", "xml"),
}
REPLACEMENTS = {
    "nullable": 'OpenAPI 3.1 has no nullable: write type: [string, "null"]',
    "example": "write examples: [..], as OpenAPI 3.1 has it",
}
FORMATS = {
    *("date", "date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6"),
    *("uri", "uri-reference", "uri-template", "iri", "iri-reference", "uuid", "json-pointer", "regex"),
    *("relative-json-pointer", "int32", "int64", "float", "double", "password", "binary", "byte"),
}


def schema_keyword_is_known(draft: ContractDocument) -> Violations:
    """A misspelt keyword lets everything through, and one of OpenAPI 3.0 does too."""
    for schema in draft.of("schema"):
        for key in schema.value.keys() - KEYWORDS:
            if not key.startswith("x-"):
                yield (
                    schema.child(key, None),
                    REPLACEMENTS.get(key, f"JSON Schema has no {key} here; correct it, or take it out"),
                )


def format_is_known(draft: ContractDocument) -> Violations:
    """A format that nobody checks lets everything through."""
    for schema in draft.of("schema"):
        if (name := schema.value.get("format", "date")) not in FORMATS:
            yield schema["format"], f"nothing checks the format {name}; describe it by a pattern"


def discriminator_leads_somewhere(draft: ContractDocument) -> Violations:
    """What tells alternatives apart is required in each of them, and names schemas that are there."""
    for schema in draft.of("schema"):
        discriminator = schema.get("discriminator")
        for _, place in (
            (discriminator.get("mapping") or discriminator.child("mapping", {})).members() if discriminator else ()
        ):
            reference = str(place.value)
            try:
                draft.root.resolve_pointer(reference if "#" in reference else f"#/components/schemas/{reference}")
            except ContractError:
                yield place, f"{reference} leads nowhere; name a schema of components/schemas"
        for each in _alternatives(schema) if discriminator else ():
            name = discriminator.value.get("propertyName") if discriminator else None
            if name not in each.value.get("required", ()):
                yield discriminator or schema, f"require {name} in {each.name}: it tells which one it is"


def object_can_end(draft: ContractDocument) -> Violations:
    """An object that requires one of its own kind has no end, so there is none."""
    for schema in draft.of("schema"):
        for name, node in _required(schema):
            if "$ref" in node.value and _leads_back(node.target, schema.pointer, frozenset()):
                yield node, f"nothing can fit: {name} is required and holds the object itself; let it be absent or null"


RULES = (schema_keyword_is_known, format_is_known, discriminator_leads_somewhere, object_can_end)


def _alternatives(schema: Node) -> list[Node]:
    """The schemas of which one is meant; a schema without alternatives is one itself."""
    found = [
        node.target for key in ("oneOf", "anyOf") for _, node in (schema.get(key) or schema.child(key, [])).members()
    ]
    return found or [schema]


def _required(schema: Node) -> list[tuple[str, Node]]:
    properties = schema.value.get("properties", {})
    wanted = [name for name in schema.value.get("required", ()) if isinstance(properties.get(name), dict)]
    return [(name, schema.child("properties", properties).child(name, properties[name])) for name in wanted]


def _leads_back(schema: Node, pointer: str, seen: frozenset[str]) -> bool:
    if schema.pointer == pointer:
        return True
    ways = [] if schema.pointer in seen else [node.target for _, node in _required(schema)]
    return any(_leads_back(each, pointer, seen | {schema.pointer}) for each in ways)
