"""Links between the documents: their files and their headings exist."""

import re
from pathlib import Path

import pytest

from tests.serving import ROOT

DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(path for name in ("benchmarks", "deploy", "docs", "openapi") for path in (ROOT / name).rglob("*.md")),
    ]
)
MAX_README_LINES = 220
"""Lines of README.md: the rest belongs to the guides that it links to."""
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
EXTERNAL = ("https://", "http://", "mailto:")


def prose(document: Path) -> str:
    """Return a document without its code blocks, whose # begin no headings."""
    return FENCE.sub("", document.read_text("utf-8"))


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub derives them."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(prose(document)))
    return {title.strip().replace(" ", "-") for title in titles}


def internal_links(document: Path) -> list[str]:
    return [link for link in LINK.findall(prose(document)) if not link.startswith(EXTERNAL)]


def is_broken(document: Path, link: str) -> bool:
    """Return whether the file or the heading of a link is missing."""
    path, _, anchor = link.partition("#")
    target = (document.parent / path) if path else document
    return not target.exists() or bool(anchor and anchor not in anchors(target))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_existing_files_and_headings(document: Path) -> None:
    broken = [link for link in internal_links(document) if is_broken(document, link)]

    assert broken == []


@pytest.mark.parametrize("link", ["missing.md", "#missing", "target.md#missing", "folder/"])
def test_a_broken_link_is_found(link: str, tmp_path: Path) -> None:
    (tmp_path / "target.md").write_text("# A `heading`\n\n```sh\n# missing\n```\n")
    (tmp_path / "document.md").write_text("# Another\n")

    assert is_broken(tmp_path / "document.md", link)


def test_an_anchor_is_derived_from_its_heading(tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    document.write_text("# Own routing, on Connexion's `points`: 1.1\n")

    assert anchors(document) == {"own-routing-on-connexions-points-11"}


def test_every_document_but_the_readme_is_linked_from_another() -> None:
    linked = {
        (document.parent / link.partition("#")[0]).resolve()
        for document in DOCUMENTS
        for link in internal_links(document)
    }

    assert set(DOCUMENTS) - linked == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= MAX_README_LINES
