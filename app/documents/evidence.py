"""How much speaks for a passage as an answer: its nearness in meaning, and the words it shares."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from qdrant_edge import Bm25

from app.documents.ranking import Candidate

# With the cosine alone, a threshold that suits one collection refuses a third of what others
# answer: technical questions are far from their answers, and share their words.
# See docs/decisions/0010-when-not-to-answer.md.
COVERAGE_WEIGHT: Final = 0.5


def evidence(question: str, passages: Iterable[tuple[Candidate, str]]) -> Iterator[float]:
    """For each passage its cosine, and half of the share of the question's words in its text.

    Comparable between questions and between collections, as the scores of a ranking are not.
    """
    asked = frozenset(_bm25().embed_query(question).indices)
    for candidate, text in passages:
        yield candidate.cosine + COVERAGE_WEIGHT * _coverage(asked, text)


def _coverage(asked: frozenset[int], text: str) -> float:
    """By BM25's words: stemmed, without stop words; a question of stop words is not covered."""
    if not asked:
        return 0.0
    return len(asked.intersection(_bm25().embed_document(text).indices)) / len(asked)


@cache
def _bm25() -> Bm25:
    return Bm25()
