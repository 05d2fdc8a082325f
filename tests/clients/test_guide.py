"""Snippets of the guide for clients, run unchanged against a live shop.

The type checker of each language reads them too.
"""

import re

from orderly.clock import new_id
from tests.clients.conftest import SUFFIX, Python, Shop, TypeScript, name_of
from tests.serving import ROOT

FENCES = {"py": "python", "ts": "ts"}


def snippets(suffix: str) -> str:
    """Return all snippets of a language as one program."""
    text = (ROOT / "docs" / "clients.md").read_text()
    found = re.findall(rf"^```{FENCES[suffix]}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(found) == 2
    return "\n".join(found)


def test_the_snippets_of_the_guide_place_an_order(language: Python | TypeScript, shop: Shop) -> None:
    name = new_id("alice")
    shop.add_user(name)
    shop.add_product(stock=100)
    source = snippets(SUFFIX[name_of(language)]).replace("http://127.0.0.1:8000", shop.service.url)
    assert " pending " in language.execute("snippets", source.replace("alice@", f"{name}@"), {})
