"""The changelog of the contract as HTML."""

import re
from pathlib import Path

from markupsafe import Markup

from orderly.docs.markdown import render

NONE = "No changes are recorded."


def read(path: Path) -> str:
    """Return the text of a changelog, or a line about its absence."""
    return path.read_text("utf-8") if path.is_file() else NONE


def rendered(text: str) -> Markup:
    """Return a changelog as HTML, its versions without brackets."""
    return render(re.sub(r"^(#+) \[(.+?)\](?!\()", r"\1 \2", text, flags=re.MULTILINE))
