"""YAML as a contract may use it: string keys only, none twice, and every complaint with its line."""

from typing import Any

import yaml


class BrokenContract(Exception):
    """The contract cannot be served. The message is one plain line that says where and why."""


class _Loader(yaml.CSafeLoader):
    """The safe loader, without the surprises of YAML 1.1 in keys and without its timestamps."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise BrokenContract(f"line {line}: the key {key_node.value} is not a string; put it in quotes")
        if key in result:
            raise BrokenContract(f"line {line}: the key {key!r} stands twice in one object")
        result[key] = loader.construct_object(value_node, deep=True)
    return result


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: node.value)


def read(source: bytes) -> dict[str, Any]:
    """The document that a contract's YAML says.

    Raises:
        BrokenContract: it is not YAML, or not an object with an `openapi` version of 3.1.
    """
    try:
        document = yaml.load(source, _Loader)  # noqa: S506  # _Loader is a safe loader
    except yaml.YAMLError as error:
        raise BrokenContract(" ".join(str(error).split())) from error
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1."):
        raise BrokenContract("the contract is not OpenAPI 3.1: its first line should be `openapi: 3.1.0`")
    return document
