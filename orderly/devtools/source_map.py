"""Source maps: file, line and column of each place in a contract."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import yaml

from orderly.contract.bundle import BUNDLED_FILES, Bundle
from orderly.contract.loader import ContractError

Position = tuple[str, int, int]
"""A file with a line and a column, both from 1."""


class SourceMaps:
    """The source maps of a contract's files, created on first use."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def of(self, pointer: str) -> Position:
        """Return the position of a place, or of its existing parent."""
        file, steps = _file_of(pointer, self._bundle.main)
        mark = self._files[file].marks(steps)[-1]
        return file, mark.line + 1, mark.column + 1

    @cached_property
    def _files(self) -> dict[str, "SourceMap"]:
        return {name: SourceMap(source) for name, source in self._bundle.sources.items()}


def locate(error: ContractError, path: Path) -> tuple[Position, str]:
    """Return the position of an error, and its message without the position."""
    file, steps = _file_of(error.pointer, error.file or path.name)
    line, column = error.line or 1, error.column or 1
    if error.pointer and not error.line:
        mark = SourceMap((path.parent / file).read_bytes()).marks(steps)[-1]
        line, column = mark.line + 1, mark.column + 1
    message = re.sub(rf"^(?:{re.escape(file)}(?:, |: ))?(?:line {line}: )?", "", str(error))
    return (file, line, column), message.removeprefix(f"{error.pointer}: ") if error.pointer else message


class SourceMap:
    """The positions of all places in one file."""

    def __init__(self, source: bytes) -> None:
        self._tree = yaml.compose(source, yaml.CSafeLoader)

    def line(self, pointer: str | None) -> int | None:
        """Return the line of a place, or None without one."""
        steps = _steps(pointer or "")
        marks = self.marks(steps)
        return marks[-1].line + 1 if pointer is not None and len(marks) > len(steps) else None

    def near(self, pointer: str) -> int:
        """Return the line of a place, or of its nearest existing parent."""
        return self.marks(_steps(pointer))[-1].line + 1

    def marks(self, steps: list[str]) -> list[yaml.Mark]:
        """Return the marks of the file and of each existing step."""
        return list(_walk(self._tree, steps))


def _file_of(pointer: str, main: str) -> tuple[str, list[str]]:
    steps = _steps(pointer)
    return (steps[1], steps[2:]) if steps[:1] == [BUNDLED_FILES] else (main, steps)


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _walk(tree: yaml.Node | None, steps: list[str]) -> Iterator[yaml.Mark]:
    yield tree.start_mark if tree else yaml.Mark("", 0, 0, 0, None, 0)
    for step in steps:
        if (child := _child(tree, step)) is None:
            return
        key, tree = child
        yield key.start_mark


def _child(tree: yaml.Node | None, step: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return key and value of a member, or an item twice."""
    if isinstance(tree, yaml.MappingNode):
        return next(((key, value) for key, value in tree.value if key.value == step), None)
    if isinstance(tree, yaml.SequenceNode) and step.isdigit() and int(step) < len(tree.value):
        return tree.value[int(step)], tree.value[int(step)]
    return None
