"""The paths of the contract as a tree, searched segment by segment."""

import re
from collections.abc import Iterable
from typing import Any

from orderly.contract.loader import ContractError

_PARAMETER = "{}"
"""The branch of a path parameter. No segment of a request equals it, because URLs have no braces."""
_END = "/"
"""The leaf of a template. No segment equals it, because segments have no slash."""


class PathTemplates:
    """A tree of path templates. Concrete segments precede parameters (OpenAPI 3.1, 4.8.8.2)."""

    def __init__(self, templates: Iterable[str]) -> None:
        """Build the tree.

        Raises:
            ContractError: two templates match the same paths, or a parameter is a part of a segment only.
        """
        self._tree: dict[str, Any] = {}
        for template in templates:
            self._add(template)

    def find(self, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the template of a path and its parameters, or None."""
        segments = path.split("/")[1:]
        match = _walk(self._tree, segments, 0, ())
        if match is None:
            return None
        (template, names), values = match
        return template, dict(zip(names, values, strict=True))

    def _add(self, template: str) -> None:
        node = self._tree
        names = []
        for segment in template.split("/")[1:]:
            name = re.fullmatch(r"\{([^{}]+)\}", segment)
            if name is None and "{" in segment:
                raise ContractError(f"{template}: a parameter must be a whole segment of the path", _pointer(template))
            node = node.setdefault(_PARAMETER if name else segment, {})
            names += [name[1]] if name else []
        if _END in node:
            raise ContractError(f"{template} and {node[_END][0]} match the same paths; remove one", _pointer(template))
        node[_END] = (template, tuple(names))


def _pointer(template: str) -> str:
    return "/paths/" + template.replace("~", "~0").replace("/", "~1")


def _walk(node: dict[str, Any], segments: list[str], index: int, values: tuple[str, ...]) -> Any:
    if index == len(segments):
        return (node[_END], values) if _END in node else None
    segment = segments[index]
    if segment in node and segment != _PARAMETER:
        match = _walk(node[segment], segments, index + 1, values)
        if match is not None:
            return match
    return _walk(node[_PARAMETER], segments, index + 1, (*values, segment)) if _PARAMETER in node else None
