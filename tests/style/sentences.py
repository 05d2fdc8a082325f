"""The rules for sentences, over code, contract and documents: `python -m tests.style.sentences PATH...`."""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tests.style.texts import DOCSTRINGS, Kind, Text, split_sentences, texts_of

RULES = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Finding:
    """A sentence that breaks a rule."""

    file: str
    line: int
    sentence: str
    found: str
    suggestion: str

    def __str__(self) -> str:
        """Return one line, as compilers print errors."""
        return f"{self.file}:{self.line}: {self.found} -> {self.suggestion}"


@dataclass(frozen=True)
class Word:
    """A banned word, its replacement, and text that excuses it."""

    pattern: re.Pattern[str]
    use: str
    unless: re.Pattern[str] | None

    def found_in(self, sentence: str) -> Iterator[str]:
        """Return each use of the word that no surrounding text excuses."""
        for match in self.pattern.finditer(sentence):
            excuses = self.unless.finditer(sentence) if self.unless else ()
            if not any(e.start() <= match.start() and match.end() <= e.end() for e in excuses):
                yield match[0]


def _word(pattern: str, use: str, unless: str | None = None) -> Word:
    return Word(re.compile(rf"\b(?:{pattern})\b", re.I), use, re.compile(unless, re.I) if unless else None)


EXCEPTIONS: list[dict[str, str]] = RULES.get("exceptions", [])
WORDS = [_word(**entry) for entry in RULES["words"]]
ANY_WORD = re.compile("|".join(word.pattern.pattern for word in WORDS), re.I)
OPENINGS = {
    Kind.FUNCTION: (re.compile(rf"{RULES['function_openings']}\b", re.I), "begin with an imperative verb"),
    Kind.NAMED: (re.compile(rf"{RULES['name_openings']}\b", re.I), "begin with a noun"),
}


def check(path: Path) -> list[Finding]:
    """Return the findings in a file, without those that an exception excuses."""
    return [finding for finding in check_file(path) if not any(excuses(e, finding) for e in EXCEPTIONS)]


def excuses(exception: dict[str, str], finding: Finding) -> bool:
    """Return whether an exception names a finding's file and text."""
    return finding.file.endswith(exception["file"]) and exception["text"] in finding.sentence


def check_file(path: Path) -> Iterator[Finding]:
    """Return all findings in a file."""
    name = path.as_posix()
    if not any(fnmatch(name, f"*{pattern}") for pattern in RULES["generated"]):
        for text in texts_of(path):
            for sentence, found, suggestion in _check_text(text):
                yield Finding(name, text.line, sentence, found, suggestion)


def _check_text(text: Text) -> Iterator[tuple[str, str, str]]:
    if text.kind is Kind.TEST_NAME:
        limit = RULES["test_name_characters"]
        if len(text.content) > limit:
            yield text.content, f"{text.content}, {len(text.content)} characters", f"at most {limit}"
        return
    sentences = list(split_sentences(text.content))
    if text.kind in OPENINGS and sentences:
        for found, suggestion in _check_summary(text.kind, sentences[0]):
            yield sentences[0], found, suggestion
    for sentence in sentences:
        for word, used in _banned(sentence):
            yield sentence, f'"{used}" in "{_shortened(sentence)}"', word.use
        limit = RULES["sentence_words"]
        if text.kind in (*DOCSTRINGS, Kind.COMMENT) and (count := len(_words(sentence))) > limit:
            yield sentence, f'{count} words in "{_shortened(sentence)}"', f"sentences of at most {limit}"


def _banned(sentence: str) -> Iterator[tuple[Word, str]]:
    if ANY_WORD.search(sentence):
        yield from ((word, used) for word in WORDS for used in word.found_in(sentence))


def _check_summary(kind: Kind, summary: str) -> Iterator[tuple[str, str]]:
    opening, suggestion = OPENINGS[kind]
    limit = RULES["summary_words"]
    if match := opening.match(summary):
        yield f'"{match[0]}" opens "{_shortened(summary)}"', suggestion
    if len(_words(summary)) > limit:
        yield f'{len(_words(summary))} words in the first line "{_shortened(summary)}"', f"at most {limit}"
    if re.search(r"\b(?:who|which)\b", summary, re.I):
        yield f'a relative clause in the first line "{_shortened(summary)}"', "a sentence of its own"


def _words(sentence: str) -> list[str]:
    return [word for word in sentence.split() if any(map(str.isalnum, word))]


def _shortened(sentence: str) -> str:
    return sentence if len(sentence) <= 70 else f"{sentence[:70]}..."


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Return the files at and below paths, without environments and caches."""
    for path in paths:
        if path.is_file():
            yield path
        for file in sorted(path.rglob("*")) if path.is_dir() else ():
            if file.is_file() and not any(p.startswith(".venv") or p in (".git", "node_modules") for p in file.parts):
                yield file


def main(arguments: list[str]) -> int:
    """Print the findings, and return the status of the program."""
    findings = [finding for path in files_in(map(Path, arguments)) for finding in check(path)]
    print(*findings, sep="\n", end="\n" if findings else "")
    print(f"{len(findings)} findings")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
