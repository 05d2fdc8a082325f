"""The texts for people in code, YAML, Markdown and configuration."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import yaml


class Kind(Enum):
    """The part of a file that a text comes from."""

    FUNCTION = auto()
    NAMED = auto()
    CONSTANT = auto()
    COMMENT = auto()
    MESSAGE = auto()
    PROSE = auto()
    TEST_NAME = auto()


DOCSTRINGS = (Kind.FUNCTION, Kind.NAMED, Kind.CONSTANT)


@dataclass(frozen=True)
class Text:
    """A text and its first line."""

    kind: Kind
    line: int
    content: str


CODE = re.compile(r"``.+?``|`[^`]+`|https?://\S+|<[^<>\s][^<>]*>", re.S)
PARAGRAPH = re.compile(r"\n\s*\n|\n\s*(?=(?:[-*|#]|\d+\.) )|\n(?=\s*\w+(?:, \w+)*: )|:\s*\n| {4,}(?=\S)")
END = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!vs\.)[\"')*]*\s+|\s*\|\s*")


def split_sentences(text: str) -> Iterator[str]:
    """Return the sentences of a text, with `code` for code.

    A heading, a cell of a table and an item of a list are sentences too.
    """
    for paragraph in PARAGRAPH.split(CODE.sub("`code`", text)):
        yield from (" ".join(sentence.split()) for sentence in END.split(paragraph) if sentence.strip())


def texts_of(path: Path) -> Iterable[Text]:
    """Return the texts of a file, none if its type is unknown."""
    templates = path.suffix == ".jinja"
    suffix = Path(path.stem).suffix if templates else path.suffix
    if suffix == ".py" and not templates:
        return python_texts(path.read_text(encoding="utf-8"), messages="tests" not in path.parts)
    named = path.name in ("Makefile", "Containerfile") or ".ci" in path.parts
    read = comments if named else READERS.get(suffix)
    return read(path.read_text(encoding="utf-8")) if read else ()


# Python


def python_texts(source: str, *, messages: bool) -> Iterator[Text]:
    """Return docstrings, comments, names of tests, and messages.

    A message is a string with two spaces, and in tests only one that is raised or printed.

    Args:
        source: the module.
        messages: whether all strings count. Tests have strings to compare or send.
    """
    tree = ast.parse(source)
    yield from _python_comments(source)
    documented: set[int] = set()
    roots: list[ast.AST] = [tree] if messages else []
    for node in ast.walk(tree):
        if not messages and _speaks(node):
            roots.append(node)
        for docstring, kind in _docstrings(node):
            documented.add(id(docstring))
            yield Text(kind, docstring.lineno, ast_text(docstring))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield Text(Kind.TEST_NAME, node.lineno, node.name)
    for root in roots:
        yield from _messages(root, documented)


def _docstrings(node: ast.AST) -> Iterator[tuple[ast.expr, Kind]]:
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return
    for before, statement in zip([None, *body], body, strict=False):
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            continue
        if isinstance(statement.value.value, str):
            yield statement.value, _kind(node) if before is None else Kind.CONSTANT


def _kind(node: ast.AST) -> Kind:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return Kind.NAMED
    noun = any(re.search(r"property|fixture|\.setter|validator", ast.unparse(d)) for d in node.decorator_list)
    return Kind.NAMED if noun else Kind.FUNCTION


def _speaks(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        return name in ("print", "echo", "write", "exit", "fail", "skip")
    return isinstance(node, ast.Raise)


def _messages(node: ast.AST, documented: set[int]) -> Iterator[Text]:
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        text = ast_text(node)
        if id(node) not in documented and text.count(" ") >= 2:
            yield Text(Kind.MESSAGE, node.lineno, text)
        return
    for child in ast.iter_child_nodes(node):
        yield from _messages(child, documented)


def ast_text(node: ast.expr) -> str:
    """Return the text of a string, with `code` for an f-string's values."""
    if isinstance(node, ast.JoinedStr):
        return "".join(ast_text(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "`code`"


DIRECTIVE = re.compile(r"#!?\s*(?:noqa|type:|pragma|fmt:|!/)[^#]*#?\s*")


def _python_comments(source: str) -> Iterator[Text]:
    if "#" not in source:
        return
    block: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line, column = token.start
        alone = not token.line[:column].strip()
        if block and not (alone and line == last + 1):
            yield Text(Kind.COMMENT, start, "\n".join(block))
            block = []
        if not block:
            start = line
        block.append(_uncommented(token.string))
        last = line if alone else 0
    if block:
        yield Text(Kind.COMMENT, start, "\n".join(block))


def _uncommented(comment: str) -> str:
    return DIRECTIVE.sub("", comment).lstrip("#").strip()


# Other files


def comments(source: str) -> Iterator[Text]:
    """Return the comments behind `#`, adjacent lines as one text."""
    block: list[str] = []
    for number, line in enumerate([*source.splitlines(), ""], 1):
        if match := re.match(r"\s*#(?!!)(.*)", line):
            block.append(_example(match[1]))
            continue
        if block:
            yield Text(Kind.COMMENT, number - len(block), "\n".join(block))
            block = []
        if match := re.search(r"\s#+ (.*)", line):
            yield Text(Kind.COMMENT, number, match[1])


def _example(line: str) -> str:
    """Return a line of a comment, an indented one as a paragraph."""
    return f"\n{line.strip()}\n" if line.startswith("   ") else line.strip()


def typescript_texts(source: str) -> Iterator[Text]:
    """Return the comments of TypeScript."""
    for match in re.finditer(r"/\*\*?(.*?)\*/|(?<![:\w])//([^\n]*)", source, re.S | re.M):
        content = match[1] if match[1] is not None else match[2]
        yield Text(Kind.COMMENT, source.count("\n", 0, match.start()) + 1, re.sub(r"(?m)^\s*\* ?", "", content))


def markdown_texts(source: str) -> Iterator[Text]:
    """Return the paragraphs of Markdown, without code and targets of links."""
    blank = re.sub(r"(?ms)^( *)```.*?^ *```|<!--.*?-->", lambda m: "\n" * m[0].count("\n"), source)
    blank = re.sub(r"\]\([^)]*\)", "]", blank)
    line = 1
    for paragraph in re.split(r"(\n\s*\n)", blank):
        if paragraph.strip():
            yield Text(Kind.PROSE, line, paragraph)
        line += paragraph.count("\n")


PROSE_KEYS = {"title", "summary", "description", "detail", "resolution", "message"}


def yaml_texts(source: str) -> Iterator[Text]:
    """Return the comments of a YAML file and its descriptions."""
    yield from comments(source)
    for document in yaml.compose_all(source, Loader=yaml.CSafeLoader):
        yield from _yaml_values(document)


def _yaml_values(node: yaml.Node) -> Iterator[Text]:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _yaml_values(child)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(value, yaml.ScalarNode) and key.value in PROSE_KEYS:
                yield Text(Kind.PROSE, value.start_mark.line + 1, value.value)
            yield from _yaml_values(value)


READERS = {
    ".yaml": yaml_texts,
    ".yml": yaml_texts,
    ".md": markdown_texts,
    ".ts": typescript_texts,
    **dict.fromkeys((".py", ".toml", ".cfg", ".ini", ".service", ".timer", ".bash"), comments),
}
