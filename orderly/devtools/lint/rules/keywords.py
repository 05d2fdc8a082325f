"""Rules for schemas: keywords without effect and types without a valid value."""

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
    "nullable": 'Write type: [string, "null"]: OpenAPI 3.1 has no nullable.',
    "example": "Write examples: [..]: OpenAPI 3.1 deprecates example in schemas.",
}
FORMATS = {
    *("date", "date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6"),
    *("uri", "uri-reference", "uri-template", "iri", "iri-reference", "uuid", "json-pointer", "regex"),
    *("relative-json-pointer", "int32", "int64", "float", "double", "password", "binary", "byte"),
}


def schema_keyword_is_known(draft: ContractDocument) -> Violations:
    """Reject unknown keywords: misspelt ones and those of OpenAPI 3.0 check nothing."""
    for schema in draft.of("schema"):
        for key in schema.value.keys() - KEYWORDS:
            if not key.startswith("x-"):
                yield (
                    schema.child(key, None),
                    REPLACEMENTS.get(key, f"Correct or remove {key}: JSON Schema has no such keyword."),
                )


def format_is_known(draft: ContractDocument) -> Violations:
    """Reject unknown formats: they are not checked and accept every value."""
    for schema in draft.of("schema"):
        if (name := schema.value.get("format", "date")) not in FORMATS:
            yield schema["format"], f"Use a pattern: the format {name} is not checked."


def discriminator_is_resolvable(draft: ContractDocument) -> Violations:
    """Require the property in each alternative, and existing schemas in the mapping."""
    for schema in draft.of("schema"):
        discriminator = schema.get("discriminator")
        for _, place in (
            (discriminator.get("mapping") or discriminator.child("mapping", {})).members() if discriminator else ()
        ):
            reference = str(place.value)
            try:
                draft.root.resolve_pointer(reference if "#" in reference else f"#/components/schemas/{reference}")
            except ContractError:
                yield place, f"Name a schema of components/schemas: {reference} does not exist."
        for each in _alternatives(schema) if discriminator else ():
            name = discriminator.value.get("propertyName") if discriminator else None
            if name not in each.value.get("required", ()):
                yield (
                    discriminator or schema,
                    f"Add {name} to the required properties of {each.name}: it selects the alternative.",
                )


def object_is_finite(draft: ContractDocument) -> Violations:
    """Reject an object that requires itself: no finite value is valid."""
    for schema in draft.of("schema"):
        for name, node in _required(schema):
            if "$ref" in node.value and _requires(node.target, schema.pointer, frozenset()):
                yield (
                    node,
                    f"Make {name} optional or nullable: it contains the object itself, so no value is valid.",
                )


RULES = (schema_keyword_is_known, format_is_known, discriminator_is_resolvable, object_is_finite)


def _alternatives(schema: Node) -> list[Node]:
    """Return the alternatives of a schema, or the schema itself."""
    alternatives = [
        node.target for key in ("oneOf", "anyOf") for _, node in (schema.get(key) or schema.child(key, [])).members()
    ]
    return alternatives or [schema]


def _required(schema: Node) -> list[tuple[str, Node]]:
    properties = schema.value.get("properties", {})
    required = [name for name in schema.value.get("required", ()) if isinstance(properties.get(name), dict)]
    return [(name, schema.child("properties", properties).child(name, properties[name])) for name in required]


def _requires(schema: Node, pointer: str, seen: frozenset[str]) -> bool:
    if schema.pointer == pointer:
        return True
    required = [] if schema.pointer in seen else [node.target for _, node in _required(schema)]
    return any(_requires(each, pointer, seen | {schema.pointer}) for each in required)
