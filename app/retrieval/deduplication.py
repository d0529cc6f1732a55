"""Passages that say the same, whichever documents they are in: docs/decisions/0036-repeats.md."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
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
    kept: list[_Said] = []
    for source in sources:
        said = _Said(source, asked)
        if not any(map(said.repeats, kept)):
            kept.append(said)
            yield source


class _Said:
    """What a source says, looked at once however many others it is compared with."""

    def __init__(self, source: Source, asked: frozenset[int]) -> None:
        text = source.text
        self.words = frozenset(text.split() if text.isascii() else SAID.findall(text))
        self._source = source
        self._asked = asked

    def repeats(self, other: "_Said") -> bool:
        """Whether it says the same; of two that no question bears on nobody can tell."""
        return self._is_like(other) and bool(self.bearing) and self.bearing == other.bearing

    def _is_like(self, other: "_Said") -> bool:
        most = max(len(self.words), len(other.words))
        return len(self.words & other.words) >= ALIKE * most

    @cached_property
    def bearing(self) -> list[list[str]]:
        """The words of each sentence that holds any that are asked for, and the table header's."""
        said = [self._source.table_header or "", *SENTENCE_END.split(self._source.text)]
        return [
            WORD.findall(fold(sentence))
            for sentence in said
            if not self._asked.isdisjoint(terms(sentence))
        ]
