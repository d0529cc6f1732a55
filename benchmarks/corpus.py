"""Markdown documents to ingest: the same ones each time, of words that the tokenizer knows."""

from pathlib import Path
from random import Random

VOCABULARY = (
    "the a of and in for with from to every each first last small large open new old quiet "
    "server river garden engine letter window market bridge winter summer harbour station library "
    "answer question passage table record signal message network storage memory index query "
    "keeps moves opens closes reads writes finds holds carries returns measures follows begins"
)


def write_corpus(directory: Path, documents: int) -> None:
    """Writes this many documents of about five passages each."""
    for number in range(documents):
        (directory / f"document-{number:03}.md").write_text(_document(Random(number)))


def long_document(size: int) -> str:
    """A document of at least so many bytes."""
    chapters: list[str] = []
    length = 0
    while length < size:
        chapters.append(_document(Random(f"chapter {len(chapters)}")))
        length += len(chapters[-1])
    return "\n".join(chapters)


def _document(random: Random) -> str:
    sections = (f"## {_words(random, 3)}\n\n{_paragraph(random)}\n" for _ in range(5))
    return f"# {_words(random, 4)}\n\n" + "\n".join(sections)


def _paragraph(random: Random) -> str:
    """About 120 tokens."""
    return " ".join(f"{_words(random, 11)}." for _ in range(10))


def _words(random: Random, count: int) -> str:
    return " ".join(random.choices(VOCABULARY.split(), k=count)).capitalize()
