"""The YAML subset of contracts: the same in every parser."""

import re
from typing import Any

import yaml

MAX_ALIAS_COPIES = 10_000
"""Values that aliases may copy in all. Nine lines of nested aliases can expand to a document of any size."""
STR_TAG = "tag:yaml.org,2002:str"
MERGE_TAG = "tag:yaml.org,2002:merge"
AMBIGUOUS_TAG = "!ambiguous"
AMBIGUOUS_SCALAR = re.compile(
    r"(?i:yes|no|on|off)$|[-+]?0[0-9_]+$|[-+]?[0-9][0-9_]*_[0-9_]*$|0b[01_]+$|0o[0-7]+$"
    r"|[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?$|[-+]?[0-9]+[eE][-+]?[0-9]+$|[-+]?[0-9]*\.[0-9]*[eE][0-9]+$"
)
"""Scalars that are a boolean or a number in YAML 1.1 and text or another number in YAML 1.2, or the reverse."""


class ContractError(Exception):
    """A contract that cannot be served. The message is one plain line with the place and the reason."""

    def __init__(self, message: str, pointer: str = "", line: int = 0, column: int = 0, file: str = "") -> None:
        """Describe an error and its place.

        Args:
            message: the reason.
            pointer: the JSON pointer of the place, in a document that was parsed.
            line: the line, from 1, of a text that cannot be parsed.
            column: its column, from 1.
            file: the file, in a contract of several files.
        """
        super().__init__(message)
        self.pointer = pointer
        self.line, self.column, self.file = line, column, file


class _Loader(yaml.CSafeLoader):
    """The safe loader without ambiguous scalars and timestamps. An alias is a copy."""

    copied = 0

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if self.constructed_objects.pop(node, self) is not self:
            self.copied += 1
        if self.copied > MAX_ALIAS_COPIES or node in self.recursive_objects:
            raise _TooManyCopies
        return super().construct_object(node, deep)


class _TooManyCopies(Exception):
    """Aliases that expand too far. Only the parser's events know the line of the first one."""


for _first in "yYnNoO-+.0123456789":
    _Loader.yaml_implicit_resolvers = {
        **_Loader.yaml_implicit_resolvers,
        _first: [(AMBIGUOUS_TAG, AMBIGUOUS_SCALAR), *_Loader.yaml_implicit_resolvers.get(_first, [])],
    }


class _Dumper(yaml.SafeDumper):
    """A dumper that quotes text where parsers disagree."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if key_node.tag == MERGE_TAG:
            raise _broken("merge keys are not supported; refer to a component by $ref instead", key_node.start_mark)
        if key_node.tag != STR_TAG:
            raise _broken(f"the key {key_node.value} is not a string; put it in quotes", key_node.start_mark)
        key = loader.construct_object(key_node, deep=True)
        if key in result:
            raise _broken(f"the key {key!r} appears twice in one object", key_node.start_mark)
        result[key] = loader.construct_object(value_node, deep=True)
    return result


def _ambiguous(_loader: _Loader, node: yaml.ScalarNode) -> None:
    plain = "true or false" if node.value.isalpha() else "a plain number"
    message = f"{node.value} has one meaning in YAML 1.1 and another in 1.2; write {plain}, or put it in quotes"
    raise _broken(message, node.start_mark)


def _unknown(_loader: _Loader, node: yaml.Node) -> None:
    raise _broken(f"the tag {node.tag} is not supported; remove it", node.start_mark)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor(AMBIGUOUS_TAG, _ambiguous)
_Loader.add_constructor(None, _unknown)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: node.value)


def parse_yaml(source: bytes) -> Any:
    """Return the content of a YAML file.

    Raises:
        ContractError: it is not YAML, or not of the subset of contracts.
    """
    try:
        return yaml.load(source, _Loader)  # noqa: S506  # _Loader is a safe loader
    except _TooManyCopies:
        raise _first_alias_error(source) from None
    except yaml.MarkedYAMLError as error:
        raise _broken(_describe(error, source), error.problem_mark or error.context_mark) from error
    except yaml.reader.ReaderError as error:
        line = source.count(b"\n", 0, error.position) + 1
        raise ContractError(f"line {line}: the file is not UTF-8: {error.reason}", line=line, column=1) from error
    except yaml.YAMLError as error:
        raise ContractError(" ".join(str(error).split())) from error


def dump_yaml(document: Any) -> bytes:
    """Return a document as YAML that `parse_yaml` reads back unchanged."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True).encode()


def parse_contract(source: bytes) -> dict[str, Any]:
    """Return the document of a contract's YAML.

    Raises:
        ContractError: it is not YAML, or not an object with an `openapi` version of 3.1.
    """
    document = parse_yaml(source)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1."):
        raise ContractError("the contract is not OpenAPI 3.1: its first line should be `openapi: 3.1.0`")
    return document


def _first_alias_error(source: bytes) -> ContractError:
    alias = next(each for each in yaml.parse(source, yaml.CSafeLoader) if isinstance(each, yaml.AliasEvent))
    message = f"the alias *{alias.anchor} begins too many copies; refer to a component by $ref instead"
    return _broken(message, alias.start_mark)


def _describe(error: yaml.MarkedYAMLError, source: bytes) -> str:
    mark = error.problem_mark
    start = b"".join(source.splitlines()[mark.line : mark.line + 1])[: mark.column + 1] if mark else b""
    if start.endswith(b"\t") and not start.strip():
        return "the line is indented by a tab; use spaces"
    return error.problem or "not valid YAML"


def _broken(message: str, mark: Any) -> ContractError:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return ContractError(f"line {line}: {message}", line=line, column=column)
