"""Nodes of the contract: values with their JSON pointers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from orderly.contract.loader import ContractError


@dataclass(frozen=True, slots=True)
class Node:
    """A value in the contract with its JSON pointer (RFC 6901)."""

    document: dict[str, Any] = field(repr=False)
    pointer: str
    value: Any = field(repr=False)

    def get(self, *keys: str | int) -> Node | None:
        """Return the node at a path of keys, or None. References on the way are resolved."""
        node = self
        for key in keys:
            holder = node.target.value
            try:
                value = holder[key]
            except (KeyError, IndexError, TypeError):
                return None
            node = node.target.child(key, value)
        return node

    def child(self, key: str | int, value: Any) -> Node:
        """Return the node of a member or an item of this value."""
        step = str(key).replace("~", "~0").replace("/", "~1")
        return Node(self.document, f"{self.pointer}/{step}", value)

    def __getitem__(self, key: str | int) -> Node:
        node = self.get(key)
        if node is None:
            raise ContractError(f"{self.pointer or '/'} has no {key!r}", self.pointer)
        return node

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield the members of this object, with references resolved."""
        return ((key, self[key].target) for key in self.target.value)

    def members(self) -> Iterator[tuple[str, Node]]:
        """Yield the members or items of this value, without resolving references."""
        members = enumerate(self.value) if isinstance(self.value, list) else self.value.items()
        return ((str(key), self.child(key, value)) for key, value in members)

    @property
    def name(self) -> str:
        """The last step of the pointer, such as a component's name."""
        return self.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")

    @property
    def target(self) -> Node:
        """The target of this reference. A node without `$ref` is its own target."""
        return self._resolve()

    @property
    def canonical(self) -> Node:
        """The target of a `$ref` without siblings. Any other node is its own target."""
        return self._resolve(only_reference=True)

    def _resolve(self, *, only_reference: bool = False) -> Node:
        node = self
        for _ in range(32):
            value = node.value if isinstance(node.value, dict) else {}
            reference = value.get("$ref")
            if not isinstance(reference, str) or (only_reference and len(value) > 1):
                return node
            node = self.resolve_pointer(reference)
        raise ContractError(f"{self.pointer}: its $ref is circular", self.pointer)

    def resolve_pointer(self, reference: str) -> Node:
        """Return the node of a reference within the document.

        Raises:
            ContractError: the reference is to another file, or to nothing.
        """
        if not reference.startswith("#/"):
            raise ContractError(f"{self.pointer}: $ref {reference!r} is to another file", self.pointer)
        value: Any = self.document
        for step in reference[2:].split("/"):
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            try:
                value = value[int(key) if isinstance(value, list) else key]
            except (KeyError, IndexError, ValueError, TypeError):
                raise ContractError(f"{self.pointer}: $ref {reference!r} does not resolve", self.pointer) from None
        return Node(self.document, unquote(reference[1:]), value)

    @property
    def uri(self) -> str:
        """The URI of this node in the document `urn:contract`."""
        return "urn:contract#" + quote(self.pointer, safe="/~-._$")
