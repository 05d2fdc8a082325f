"""A contract in several files, bundled: referenced files become members of `x-files`."""

import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from orderly.contract.loader import ContractError, dump_yaml, parse_contract, parse_yaml

BUNDLED_FILES = "x-files"
"""The member of the contract that holds the other files, by their path from the contract's folder."""


class Bundle:
    """The files of a contract, and the document that they form."""

    def __init__(self, path: Path) -> None:
        """Read the contract's file, and every referenced file in its folder.

        Raises:
            ContractError: a file is missing, is not YAML, or is outside of the contract's folder.
        """
        self.folder, self.main = path.parent, path.name
        self.sources: dict[str, bytes] = {}
        self._others: dict[str, Any] = {}
        self.document: dict[str, Any] = self._load(self.main, path)
        if self._others:
            self.document[BUNDLED_FILES] = self._others

    @property
    def source(self) -> bytes:
        """The contract as one file. A contract of one file keeps its bytes."""
        if not self._others:
            return self.sources[self.main]
        return dump_yaml(self.document)

    def _load(self, name: str, path: Path) -> Any:
        try:
            source = self.sources[name] = path.read_bytes()
            value = parse_contract(source) if name == self.main else parse_yaml(source)
        except OSError as error:
            raise ContractError(f"cannot read the contract {name}: {error.strerror}") from error
        except ContractError as error:
            message = str(error) if name == self.main else f"{name}, {error}"
            raise ContractError(message, line=error.line, column=error.column, file=name) from error
        if name != self.main:
            self._others[name] = value  # before its own references, which may refer back to this file
        self._rewrite_references(value, name)
        return value

    def _rewrite_references(self, value: Any, file: str, pointer: str = "") -> None:
        """Point every reference below a value into the one document."""
        if isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
            value["$ref"] = self._rewritten(reference, file, f"{pointer}/$ref")
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, child in members:
            self._rewrite_references(child, file, f"{pointer}/{_escape(str(key))}")

    def _rewritten(self, reference: str, file: str, pointer: str) -> str:
        name, _, fragment = reference.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(name))) if name else file
        if target == self.main:
            return f"#{fragment}"
        path = (self.folder / target).resolve()
        is_inside = ":" not in name and path.is_relative_to(self.folder.resolve())
        if not is_inside or not path.is_file():
            where = "to a missing file" if is_inside else "outside of the contract's folder"
            raise ContractError(f"{file}: $ref {reference!r} refers {where}", pointer, file=file)
        if target not in self.sources:
            self._load(target, path)
        return f"#/{BUNDLED_FILES}/{_escape(target)}{fragment}"


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
