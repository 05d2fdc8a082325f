"""The snippets of the README: type-checked, and run as they stand against a live shop."""

import re
import textwrap

from db.users import find_by_email
from tests.clients.conftest import SUFFIX, Python
from tests.serving import ROOT

FENCES = {"py": "python", "ts": "ts"}


def snippets(suffix: str) -> str:
    """All of one language, as one program."""
    text = (ROOT / "README.md").read_text()
    found = re.findall(rf"^```{FENCES[suffix]}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(found) == 2
    return "\n".join(textwrap.dedent(each) for each in found)


def test_the_snippets_do_what_the_readme_says(language, shop):
    suffix = SUFFIX["python" if isinstance(language, Python) else "typescript"]
    with shop.database.reading() as session:
        known = find_by_email(session, "alice@example.com")
    if known is None:
        shop.add_user("alice")
    shop.add_product(stock=100)
    source = snippets(suffix).replace("http://127.0.0.1:8000", shop.service.url)
    assert " pending " in language.use("snippets", source, {})
