"""The changelog of the contract as HTML.

It uses a part of Markdown: headings, lists, `code` and **names**.
"""

import re
from pathlib import Path

from markupsafe import Markup, escape

NONE = "No changes are recorded."


def read(path: Path) -> str:
    """Return the text of a changelog, or a line about its absence."""
    return path.read_text("utf-8") if path.is_file() else NONE


def rendered(text: str) -> Markup:
    """Return the changelog as HTML; other Markdown remains text."""
    return Markup("\n").join(_block(block) for block in re.split(r"\n\s*\n", text.strip()))


def _block(block: str) -> Markup:
    heading = re.fullmatch(r"(#{1,3}) (.+)", block)
    if heading:
        tag = f"h{len(heading[1])}"
        return Markup("<{0}>{1}</{0}>").format(Markup(tag), _inline(heading[2].strip("[]")))  # noqa: S704  # h1 to h3
    if block.startswith("- "):
        items = re.split(r"\n?^- ", block, flags=re.MULTILINE)[1:]
        return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(_inline(i)) for i in items))
    return Markup("<p>{}</p>").format(_inline(block))


def _inline(text: str) -> Markup:
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(" ".join(text.split()))))
    return Markup(re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", marked))  # noqa: S704  # escaped before
