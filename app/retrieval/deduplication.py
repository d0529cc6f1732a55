"""Passages that say the same, whichever documents they are in: docs/decisions/0036-repeats.md."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from app.retrieval.models import Source
from app.vector_store.folding import fold
from app.vector_store.terms import UNSPACED, WORD, terms

ALIKE: Final = 0.8  # the share of words that repeats have in common
SENTENCE_END: Final = re.compile(r"\n+|(?<=[.!?؟।])\s+|(?<=[。！？])")
# Characters count as words where there are no blanks between these.
SAID: Final = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")


def distinct(sources: Iterable[Source]) -> list[Source]:
    """One source for each text, at the place of its best one, whichever document it is in.

    Rows of tables are the same where their headers are. Of a text that the best one's document
    repeats, its first occurrence there.
    """
    kept: dict[tuple[str, str | None], Source] = {}
    for source in sources:
        said = source.text, source.table_header
        best = kept.setdefault(said, source)
        if source.document_uuid == best.document_uuid and source.ordinal < best.ordinal:
            kept[said] = source
    return [*kept.values()]


def without_repeats(sources: Iterable[Source], question: str) -> Iterator[Source]:
    """The first of those that are nearly equal, and do not differ in what bears on the question.

    None is looked at before its turn.
    """
    asked = frozenset(terms(question))
    kept: list[tuple[Source, frozenset[str]]] = []
    for source in sources:
        words = frozenset(SAID.findall(source.text))
        if not any(
            _is_alike(words, others) and _say_the_same(source, other, asked)
            for other, others in kept
        ):
            kept.append((source, words))
            yield source


def _is_alike(words: frozenset[str], others: frozenset[str]) -> bool:
    return len(words & others) >= ALIKE * max(len(words), len(others))


def _say_the_same(source: Source, other: Source, asked: frozenset[int]) -> bool:
    """Of two that have nothing to do with a question nobody can tell."""
    bearing = _bearing(source, asked)
    return bool(bearing) and bearing == _bearing(other, asked)


def _bearing(source: Source, asked: frozenset[int]) -> list[list[str]]:
    """The words of each sentence that holds any that are asked for, and of the table header."""
    said = [source.table_header or "", *SENTENCE_END.split(source.text)]
    return [
        WORD.findall(fold(sentence)) for sentence in said if not asked.isdisjoint(terms(sentence))
    ]
