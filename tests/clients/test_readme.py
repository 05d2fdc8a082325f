"""Code of the README, type-checked and run against a live shop."""

import re

from orderly.clock import new_id
from tests.clients.conftest import SUFFIX, name_of
from tests.serving import ROOT

FENCES = {"py": "python", "ts": "ts"}


def snippets(suffix: str) -> str:
    """Return the code in one language as one program."""
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(rf"^```{FENCES[suffix]}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    return "\n".join(blocks)


def test_readme_code_places_an_order(language, shop):
    name = new_id("alice")
    shop.add_user(name)
    shop.add_product(stock=100)
    source = snippets(SUFFIX[name_of(language)]).replace("http://127.0.0.1:8000", shop.service.url)
    assert " pending " in language.execute("snippets", source.replace("alice@", f"{name}@"), {})
