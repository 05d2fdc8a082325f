"""Ids that come again: what is made in the same order has the same ids, those of the contract's examples first."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from db import base


class Tape:
    """Gives ids, and after `rewind` the same again."""

    def __init__(self) -> None:
        self._given: dict[str, list[str]] = defaultdict(list)
        self._position: dict[str, int] = defaultdict(int)
        self._wanted: list[str] = []

    def want(self, example: Any) -> None:
        """Let what is made next have the ids that stand in its example."""
        self._wanted = list(_ids(example))

    def rewind(self) -> None:
        """Begin from the start."""
        self._position.clear()

    @contextmanager
    def playing(self) -> Iterator[None]:
        """Whatever is made meanwhile has ids of the tape."""
        base.mint = self._mint
        try:
            yield
        finally:
            base.mint = base.type_id

    def _mint(self, prefix: str) -> str:
        given, position = self._given[prefix], self._position[prefix]
        if position == len(given):
            given.append(next((i for i in self._wanted if self._is_free(prefix, i)), None) or base.type_id(prefix))
        self._position[prefix] += 1
        return given[position]

    def _is_free(self, prefix: str, wanted: str) -> bool:
        return wanted.startswith(f"{prefix}_") and wanted not in self._given[prefix]


def _ids(example: Any) -> Iterator[str]:
    """The ids of a thing and of what it is made of, but none that lead to other things."""
    if isinstance(example, dict):
        if isinstance(example.get("id"), str):
            yield example["id"]
        for each in example.values():
            yield from _ids(each)
    elif isinstance(example, list):
        for each in example:
            yield from _ids(each)
