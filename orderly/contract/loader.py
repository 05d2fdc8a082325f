"""YAML as a contract may use it: what every reader reads alike, and every complaint with its line."""

import re
from typing import Any

import yaml

MAX_ALIAS_COPIES = 10_000
"""So many values may be copied by aliases: nine lines of them can mean a document that nobody comes to the end of."""
TEXT = "tag:yaml.org,2002:str"
MERGE = "tag:yaml.org,2002:merge"
AMBIGUOUS_SCALAR = "!unclear"
"""What YAML 1.1 takes for a boolean or a number and YAML 1.2 for text or for another number, or the other way round."""
_AMBIGUOUS_SCALAR = re.compile(
    r"(?i:yes|no|on|off)$|[-+]?0[0-9_]+$|[-+]?[0-9][0-9_]*_[0-9_]*$|0b[01_]+$|0o[0-7]+$"
    r"|[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?$|[-+]?[0-9]+[eE][-+]?[0-9]+$|[-+]?[0-9]*\.[0-9]*[eE][0-9]+$"
)


class ContractError(Exception):
    """The contract cannot be served. The message is one plain line that says where and why."""

    def __init__(self, message: str, pointer: str = "", line: int = 0, column: int = 0, file: str = "") -> None:
        """Say what is broken, and where: by JSON pointer, or by line and column (from 1) while it is no JSON yet."""
        super().__init__(message)
        self.pointer = pointer
        self.line, self.column, self.file = line, column, file


class _Loader(yaml.CSafeLoader):
    """The safe loader, without the surprises of YAML 1.1 and without its timestamps. An alias is a copy."""

    copied = 0

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if self.constructed_objects.pop(node, self) is not self:
            self.copied += 1
        if self.copied > MAX_ALIAS_COPIES or node in self.recursive_objects:
            raise _Endless
        return super().construct_object(node, deep)


class _Endless(Exception):
    """Aliases make too much of the file; where they begin, only the events of the parser tell."""


for _first in "yYnNoO-+.0123456789":
    _Loader.yaml_implicit_resolvers = {
        **_Loader.yaml_implicit_resolvers,
        _first: [(AMBIGUOUS_SCALAR, _AMBIGUOUS_SCALAR), *_Loader.yaml_implicit_resolvers.get(_first, [])],
    }


class _Dumper(yaml.SafeDumper):
    """Puts in quotes what would not be text to each reader."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if key_node.tag == MERGE:
            raise _broken("merge keys are not read; refer to a component by $ref instead", key_node.start_mark)
        if key_node.tag != TEXT:
            raise _broken(f"the key {key_node.value} is not a string; put it in quotes", key_node.start_mark)
        key = loader.construct_object(key_node, deep=True)
        if key in result:
            raise _broken(f"the key {key!r} stands twice in one object", key_node.start_mark)
        result[key] = loader.construct_object(value_node, deep=True)
    return result


def _ambiguous(_loader: _Loader, node: yaml.ScalarNode) -> None:
    plainly = "true or false" if node.value.isalpha() else "a plain number"
    cure = f"write {plainly}, or put it in quotes"
    raise _broken(f"{node.value} is one thing in YAML 1.1 and another in 1.2; {cure}", node.start_mark)


def _unknown(_loader: _Loader, node: yaml.Node) -> None:
    raise _broken(f"the tag {node.tag} means nothing here; take it out", node.start_mark)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor(AMBIGUOUS_SCALAR, _ambiguous)
_Loader.add_constructor(None, _unknown)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: node.value)


def parse(source: bytes) -> Any:
    """What a YAML file says.

    Raises:
        ContractError: it is not YAML, or not YAML as a contract may use it.
    """
    try:
        return yaml.load(source, _Loader)  # noqa: S506  # _Loader is a safe loader
    except _Endless:
        raise _aliased(source) from None
    except yaml.MarkedYAMLError as error:
        raise _broken(_plainly(error, source), error.problem_mark or error.context_mark) from error
    except yaml.reader.ReaderError as error:
        line = source.count(b"\n", 0, error.position) + 1
        raise ContractError(f"line {line}: this is not UTF-8 text: {error.reason}", line=line, column=1) from error
    except yaml.YAMLError as error:
        raise ContractError(" ".join(str(error).split())) from error


def dumped(document: Any) -> bytes:
    """The YAML of a document, which `parse` reads as just that."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True).encode()


def read(source: bytes) -> dict[str, Any]:
    """The document that a contract's YAML says.

    Raises:
        ContractError: it is not YAML, or not an object with an `openapi` version of 3.1.
    """
    document = parse(source)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1."):
        raise ContractError("the contract is not OpenAPI 3.1: its first line should be `openapi: 3.1.0`")
    return document


def _aliased(source: bytes) -> ContractError:
    alias = next(each for each in yaml.parse(source, yaml.CSafeLoader) if isinstance(each, yaml.AliasEvent))
    message = f"from the alias *{alias.anchor} on there is no end of copies; refer to a component by $ref instead"
    return _broken(message, alias.start_mark)


def _plainly(error: yaml.MarkedYAMLError, source: bytes) -> str:
    mark = error.problem_mark
    begins = b"".join(source.splitlines()[mark.line : mark.line + 1])[: mark.column + 1] if mark else b""
    if begins.endswith(b"\t") and not begins.strip():
        return "here is a tab; indent by spaces"
    return error.problem or "this is not YAML"


def _broken(message: str, mark: Any) -> ContractError:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return ContractError(f"line {line}: {message}", line=line, column=column)
