"""From a place in the contract to its file, line and column."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import yaml

from orderly.contract.bundle import BUNDLED_FILES, Bundle
from orderly.contract.loader import ContractError

Position = tuple[str, int, int]
"""A file, and the line and column (from 1) in it."""


class SourceMaps:
    """The lines of a contract's files; they are read when the first is asked for."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def of(self, pointer: str) -> Position:
        """Where a place is; of what is missing, where that is which it is missing from."""
        file, steps = _file_of(pointer, self._bundle.main)
        mark = self._files[file].marks(steps)[-1]
        return file, mark.line + 1, mark.column + 1

    @cached_property
    def _files(self) -> dict[str, "SourceMap"]:
        return {name: SourceMap(source) for name, source in self._bundle.sources.items()}


def locate(broken: ContractError, path: Path) -> tuple[Position, str]:
    """Where a contract is broken, from its line or its pointer, and what is said of it there."""
    file, steps = _file_of(broken.pointer, broken.file or path.name)
    line, column = broken.line or 1, broken.column or 1
    if broken.pointer and not broken.line:
        mark = SourceMap((path.parent / file).read_bytes()).marks(steps)[-1]
        line, column = mark.line + 1, mark.column + 1
    message = re.sub(rf"^(?:{re.escape(file)}(?:, |: ))?(?:line {line}: )?", "", str(broken))
    return (file, line, column), message.removeprefix(f"{broken.pointer}: ") if broken.pointer else message


class SourceMap:
    """Where things stand in one file."""

    def __init__(self, source: bytes) -> None:
        self._tree = yaml.compose(source, yaml.CSafeLoader)

    def line(self, pointer: str | None) -> int | None:
        """The line of a place; None if there is no such place."""
        steps = _steps(pointer or "")
        marks = self.marks(steps)
        return marks[-1].line + 1 if pointer is not None and len(marks) > len(steps) else None

    def near(self, pointer: str) -> int:
        """The line of a place, or of the nearest one around it that there is."""
        return self.marks(_steps(pointer))[-1].line + 1

    def marks(self, steps: list[str]) -> list[yaml.Mark]:
        """Where the file begins, and on the way to a place each member's name or item, as far as there is one."""
        return list(_walk(self._tree, steps))


def _file_of(pointer: str, main: str) -> tuple[str, list[str]]:
    steps = _steps(pointer)
    return (steps[1], steps[2:]) if steps[:1] == [BUNDLED_FILES] else (main, steps)


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _walk(tree: yaml.Node | None, steps: list[str]) -> Iterator[yaml.Mark]:
    yield tree.start_mark if tree else yaml.Mark("", 0, 0, 0, None, 0)
    for step in steps:
        if (found := _child(tree, step)) is None:
            return
        name, tree = found
        yield name.start_mark


def _child(tree: yaml.Node | None, step: str) -> tuple[yaml.Node, yaml.Node] | None:
    """What a member or an item begins with, and what it is."""
    if isinstance(tree, yaml.MappingNode):
        return next(((key, value) for key, value in tree.value if key.value == step), None)
    if isinstance(tree, yaml.SequenceNode) and step.isdigit() and int(step) < len(tree.value):
        return tree.value[int(step)], tree.value[int(step)]
    return None
