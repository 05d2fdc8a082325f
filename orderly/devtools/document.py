"""Index of a contract: every place by its kind in OpenAPI 3.1."""

from collections.abc import Iterable, Iterator
from typing import Any

from orderly.contract.node import Node
from orderly.contract.operation import METHODS

SECTIONS = {
    "schema": "schemas",
    "response": "responses",
    "parameter": "parameters",
    "example": "examples",
    "body": "requestBodies",
    "header": "headers",
    "link": "links",
    "callback": "callbacks",
}
"""The section of `components` for each kind."""
_VALUE = {"schema": "schema", "content": "{media}", "examples": "{example}"}
_GRAMMAR: dict[str, dict[str, str]] = {
    "contract": {"paths": "{path}", "webhooks": "{path}", "components": "components"},
    "components": {
        **{section: f"{{{kind}}}" for kind, section in SECTIONS.items()},
        "securitySchemes": "{security_scheme}",
        "pathItems": "{path}",
    },
    "path": {"parameters": "[parameter]", **dict.fromkeys(METHODS, "operation")},
    "operation": {
        "parameters": "[parameter]",
        "requestBody": "body",
        "responses": "{response}",
        "callbacks": "{callback}",
    },
    "callback": {"*": "path"},
    "parameter": _VALUE,
    "header": _VALUE,
    "body": {"content": "{media}"},
    "response": {"headers": "{header}", "content": "{media}", "links": "{link}"},
    "media": {"schema": "schema", "examples": "{example}"},
    "schema": {
        **dict.fromkeys(("properties", "patternProperties", "dependentSchemas", "$defs"), "{schema}"),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), "[schema]"),
        **dict.fromkeys(("items", "additionalProperties", "unevaluatedItems", "unevaluatedProperties"), "schema"),
        **dict.fromkeys(("if", "then", "else", "not", "contains", "propertyNames"), "schema"),
    },
}
"""The kinds below each kind: `{kind}` is an object of them, `[kind]` an array, `*` any other member."""


class ContractDocument:
    """A contract with its places by kind, for the lint rules."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.root = Node(document, "", document)
        self._kinds: dict[str, list[Node]] = {}
        self._seen: set[str] = set()
        self._walk("contract", self.root)

    def of(self, *kinds: str) -> Iterable[Node]:
        """Return every place of these kinds once.

        For a `$ref`, this is the place of the reference; the target is a place of its own.
        """
        return [node for kind in kinds for node in self._kinds.get(kind, ())]

    def operations(self) -> Iterator[Node]:
        """Yield the operations of the service; clients serve webhooks and callbacks."""
        for _, path in self.root["paths"].items():
            yield from (node for method in METHODS if (node := path.get(method)) is not None)

    def components(self, section: str) -> Iterator[tuple[str, Node]]:
        """Return the components of a section, by name."""
        holder = self.root.get("components", section)
        return holder.members() if holder else iter(())

    def _walk(self, kind: str, node: Node) -> None:
        if node.pointer in self._seen or not isinstance(node.value, dict):
            return
        self._seen.add(node.pointer)
        self._kinds.setdefault(kind, []).append(node)
        if isinstance(node.value.get("$ref"), str):
            self._walk(kind, node.target)
        grammar = _GRAMMAR.get(kind, {})
        for key, child in node.members():
            self._walk_all(grammar.get(key, grammar.get("*", "")), child)

    def _walk_all(self, kinds: str, node: Node) -> None:
        if kinds and not kinds.startswith(("{", "[")):
            self._walk(kinds, node)
        elif kinds and isinstance(node.value, dict | list):
            for _, child in node.members():
                self._walk(kinds[1:-1], child)
