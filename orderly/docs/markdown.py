"""Markdown (CommonMark) as HTML, for texts of the contract and its changelog."""

from markdown_it import MarkdownIt
from markupsafe import Markup

_PARSER = MarkdownIt("commonmark", {"html": False})


def render(text: str) -> Markup:
    """Return a document as HTML. HTML in it is escaped, and a link to a script stays text."""
    return Markup(_PARSER.render(text))  # noqa: S704  # the parser escapes HTML


def render_inline(text: str) -> Markup:
    """Return a sentence as HTML without a paragraph around it."""
    return Markup(_PARSER.renderInline(text))  # noqa: S704  # the parser escapes HTML
