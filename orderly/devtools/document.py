"""What stands where in a contract: every place by its kind, as OpenAPI 3.1 has it."""

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
"""Where the components of a kind are."""
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
"""What stands below what: `{kind}` is an object of such, `[kind]` an array of such, `*` any other member."""


class ContractDocument:
    """A contract that somebody is writing: what its rules look at."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.root = Node(document, "", document)
        self._kinds: dict[str, list[Node]] = {}
        self._seen: set[str] = set()
        self._walk("contract", self.root)

    def of(self, *kinds: str) -> Iterable[Node]:
        """Every place of these kinds, once, where it stands; behind a `$ref` only the reference."""
        return [node for kind in kinds for node in self._kinds.get(kind, ())]

    def operations(self) -> Iterator[Node]:
        """The operations that are served: those of webhooks and callbacks are the client's."""
        for _, path in self.root["paths"].items():
            yield from (node for method in METHODS if (node := path.get(method)) is not None)

    def components(self, section: str) -> Iterator[tuple[str, Node]]:
        """The components of a section, by name."""
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
