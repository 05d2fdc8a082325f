"""The paths of the contract as a tree: one walk over the segments finds the path item of a request."""

import re
from collections.abc import Iterable
from typing import Any

from orderly.contract.loader import ContractError

_ANY = "{}"
"""The branch of a path parameter: no segment of a request can be called so, as braces are not allowed in a URL."""
_END = "/"
"""Where a template ends: no segment has a slash."""


class PathTemplates:
    """Templates, looked up by path. Concrete segments go before parameters (OpenAPI 3.1, 4.8.8.2)."""

    def __init__(self, templates: Iterable[str]) -> None:
        self._tree: dict[str, Any] = {}
        for template in templates:
            self._add(template)

    def find(self, path: str) -> tuple[str, dict[str, str]] | None:
        """The template of a path and the values of its parameters."""
        segments = path.split("/")[1:]
        found = _walk(self._tree, segments, 0, ())
        if found is None:
            return None
        (template, names), values = found
        return template, dict(zip(names, values, strict=True))

    def _add(self, template: str) -> None:
        node = self._tree
        names = []
        for segment in template.split("/")[1:]:
            name = re.fullmatch(r"\{([^{}]+)\}", segment)
            if name is None and "{" in segment:
                raise ContractError(f"{template}: a parameter must be a whole segment of the path", _place(template))
            node = node.setdefault(_ANY if name else segment, {})
            names += [name[1]] if name else []
        if _END in node:
            raise ContractError(f"{template} and {node[_END][0]} are the same path; name it once", _place(template))
        node[_END] = (template, tuple(names))


def _place(template: str) -> str:
    return "/paths/" + template.replace("~", "~0").replace("/", "~1")


def _walk(node: dict[str, Any], segments: list[str], at: int, values: tuple[str, ...]) -> Any:
    if at == len(segments):
        return (node[_END], values) if _END in node else None
    segment = segments[at]
    if segment in node and segment != _ANY:
        found = _walk(node[segment], segments, at + 1, values)
        if found is not None:
            return found
    return _walk(node[_ANY], segments, at + 1, (*values, segment)) if _ANY in node else None
