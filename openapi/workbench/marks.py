"""Where things stand in a YAML file: from a JSON pointer to its line."""

from typing import Any

import yaml


class Marks:
    """The lines of one file."""

    def __init__(self, source: bytes) -> None:
        self._lines: dict[str, int] = {"": 1}
        root = yaml.compose(source, yaml.CSafeLoader)
        if root is not None:
            self._note(root, "")

    def line(self, pointer: str | None) -> int | None:
        """The line of a place; None if there is no such place."""
        return None if pointer is None else self._lines.get(pointer)

    def near(self, pointer: str) -> int:
        """The line of a place, or of the nearest one around it that there is."""
        while pointer not in self._lines:
            pointer = pointer.rpartition("/")[0]
        return self._lines[pointer]

    def _note(self, node: Any, pointer: str) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._step(value, f"{pointer}/{_escaped(key.value)}", key.start_mark.line)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._step(value, f"{pointer}/{index}", value.start_mark.line)

    def _step(self, node: Any, pointer: str, line: int) -> None:
        self._lines[pointer] = line + 1
        self._note(node, pointer)


def _escaped(key: Any) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")
