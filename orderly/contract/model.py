"""The contract as data, and the 3.0 projection that Connexion routes by."""

from functools import cached_property
from pathlib import Path
from typing import Any

from orderly.contract.bundle import Bundle
from orderly.contract.loader import ContractError, parse_contract
from orderly.contract.node import Node
from orderly.contract.operation import Operation, SecurityScheme
from orderly.contract.operation_reader import read_operations, read_security_schemes
from orderly.contract.roles import scopes_by_role


class Contract:
    """A contract: its YAML and its operations."""

    def __init__(self, source: bytes, document: dict[str, Any] | None = None) -> None:
        """Read a contract.

        Args:
            source: the YAML, unchanged.
            document: the parsed YAML, where it was parsed already.

        Raises:
            ContractError: the document is not YAML, not OpenAPI 3.1, or has a dangling reference.
        """
        self.source = source
        self.document = parse_contract(source) if document is None else document
        self.root = Node(self.document, "", self.document)
        try:
            self.operations = tuple(read_operations(self.root))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            # A missing keyword is reported where it is read; a value of the wrong type fails here.
            raise ContractError("not a valid OpenAPI 3.1 document; run `orderly check` for details") from None
        self._check_unique_operation_ids()

    @cached_property
    def base_path(self) -> str:
        """The path before every path: that of the first server."""
        return str(self.root["servers"][0]["url"].value).rstrip("/")

    @cached_property
    def version(self) -> str:
        """The contract's own version."""
        return str(self.root["info"]["version"].value)

    @cached_property
    def errors(self) -> dict[str, dict[str, str]]:
        """The catalogue of error codes: title, detail, cause and resolution of each."""
        return dict(self.document.get("x-errors", {}))

    @cached_property
    def roles(self) -> dict[str, frozenset[str]]:
        """The scopes of each role, inherited ones included."""
        return scopes_by_role(self.document.get("x-roles", {}))

    @cached_property
    def security_schemes(self) -> tuple[SecurityScheme, ...]:
        """The declared security schemes."""
        return read_security_schemes(self.root)

    def connexion_spec(self) -> dict[str, Any]:
        """Return the paths, operationIds and tags as OpenAPI 3.0. Connexion cannot load 3.1."""
        paths: dict[str, dict[str, Any]] = {}
        for operation in self.operations:
            paths.setdefault(operation.path, {})[operation.method.lower()] = {
                "operationId": operation.operation_id,
                "tags": [operation.tag],
                "responses": {"default": {"description": ""}},
            }
        return {"openapi": "3.0.3", "info": {"title": "projection", "version": self.version}, "paths": paths}

    def _check_unique_operation_ids(self) -> None:
        seen: dict[str, Operation] = {}
        for operation in self.operations:
            first = seen.setdefault(operation.operation_id, operation)
            if first is not operation:
                raise ContractError(
                    f"operationId {operation.operation_id!r} is used twice: {first.method} {first.path} "
                    f"and {operation.method} {operation.path}; rename one",
                    f"{operation.node.pointer}/operationId",
                )


def load(path: Path) -> Contract:
    """Read the contract from its file and the files that it references.

    Raises:
        ContractError: a file is missing or is not a contract that can be served; the message is one plain line.
    """
    bundle = Bundle(path)
    return Contract(bundle.source, bundle.document)
