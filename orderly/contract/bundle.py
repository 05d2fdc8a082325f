"""A contract of several files, put together: what a `$ref` names in another file comes to stand below `x-files`."""

import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from orderly.contract.loader import ContractError, dumped, parse, read

PARTS = "x-files"
"""The member of the contract that holds its other files, by their path from the contract's folder."""


class Bundle:
    """The files of a contract: the sources as they are, and the one document that they make together."""

    def __init__(self, path: Path) -> None:
        """Read the contract's file, and every other one in its folder that a `$ref` leads to.

        Raises:
            ContractError: a file is missing, is not YAML, or lies outside of the contract's folder.
        """
        self.folder, self.main = path.parent, path.name
        self.sources: dict[str, bytes] = {}
        self._parts: dict[str, Any] = {}
        self.document: dict[str, Any] = self._take(self.main, path)
        if self._parts:
            self.document[PARTS] = self._parts

    @property
    def source(self) -> bytes:
        """The contract as one file: byte for byte, if it is one already."""
        if not self._parts:
            return self.sources[self.main]
        return dumped(self.document)

    def _take(self, name: str, path: Path) -> Any:
        try:
            self.sources[name] = path.read_bytes()
            value = read(self.sources[name]) if name == self.main else parse(self.sources[name])
        except OSError as error:
            raise ContractError(f"cannot read the contract {name}: {error.strerror}") from error
        except ContractError as broken:
            message = str(broken) if name == self.main else f"{name}, {broken}"
            raise ContractError(message, line=broken.line, column=broken.column, file=name) from broken
        if name != self.main:
            self._parts[name] = value  # before its own references: they may lead back here
        self._bind(value, name)
        return value

    def _bind(self, value: Any, file: str, pointer: str = "") -> None:
        """Lead every reference below to its place in the one document."""
        if isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
            value["$ref"] = self._bound_reference(reference, file, f"{pointer}/$ref")
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, child in members:
            self._bind(child, file, f"{pointer}/{_step(str(key))}")

    def _bound_reference(self, reference: str, file: str, pointer: str) -> str:
        name, _, fragment = reference.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(name))) if name else file
        if target == self.main:
            return f"#{fragment}"
        path = (self.folder / target).resolve()
        is_here = ":" not in name and path.is_relative_to(self.folder.resolve())
        if not is_here or not path.is_file():
            where = "to no file" if is_here else "out of the contract's folder"
            raise ContractError(f"{file}: $ref {reference!r} leads {where}", pointer, file=file)
        if target not in self.sources:
            self._take(target, path)
        return f"#/{PARTS}/{_step(target)}{fragment}"


def _step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
