"""YAML as a contract may use it: string keys only, none twice, and every complaint with its line."""

from typing import Any

import yaml


class BrokenContract(Exception):
    """The contract cannot be served. The message is one plain line that says where and why."""

    def __init__(self, message: str, pointer: str = "", line: int = 0, column: int = 0, file: str = "") -> None:
        """Say what is broken, and where: by JSON pointer, or by line and column (from 1) while it is no JSON yet."""
        super().__init__(message)
        self.pointer = pointer
        self.line, self.column, self.file = line, column, file


class _Loader(yaml.CSafeLoader):
    """The safe loader, without the surprises of YAML 1.1 in keys and without its timestamps."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise _broken(f"the key {key_node.value} is not a string; put it in quotes", key_node.start_mark)
        if key in result:
            raise _broken(f"the key {key!r} stands twice in one object", key_node.start_mark)
        result[key] = loader.construct_object(value_node, deep=True)
    return result


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: node.value)


def parse(source: bytes) -> Any:
    """What a YAML file says.

    Raises:
        BrokenContract: it is not YAML, or not YAML as a contract may use it.
    """
    try:
        return yaml.load(source, _Loader)  # noqa: S506  # _Loader is a safe loader
    except yaml.MarkedYAMLError as error:
        raise _broken(error.problem or "this is not YAML", error.problem_mark or error.context_mark) from error
    except yaml.YAMLError as error:
        raise BrokenContract(" ".join(str(error).split())) from error


def read(source: bytes) -> dict[str, Any]:
    """The document that a contract's YAML says.

    Raises:
        BrokenContract: it is not YAML, or not an object with an `openapi` version of 3.1.
    """
    document = parse(source)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1."):
        raise BrokenContract("the contract is not OpenAPI 3.1: its first line should be `openapi: 3.1.0`")
    return document


def _broken(message: str, mark: yaml.Mark | None) -> BrokenContract:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return BrokenContract(f"line {line}: {message}", line=line, column=column)
