"""How much speaks for a passage as an answer: its nearness in meaning, and the words it shares."""

from collections.abc import Iterable, Iterator
from typing import Final

from app.documents.lexical import words
from app.documents.ranking import Candidate

# With the cosine alone, a threshold that suits one collection refuses a third of what others
# answer: technical questions are far from their answers, and share their words.
# See docs/decisions/0010-when-not-to-answer.md.
COVERAGE_WEIGHT: Final = 0.5


def evidence(question: str, passages: Iterable[tuple[Candidate, str]]) -> Iterator[float]:
    """For each passage its cosine, and half of the share of the question's words in its text.

    Comparable between questions and between collections, as the scores of a ranking are not.
    """
    asked = words(question)
    for candidate, text in passages:
        yield candidate.cosine + COVERAGE_WEIGHT * _coverage(asked, text)


def _coverage(asked: frozenset[int], text: str) -> float:
    """By BM25's words: stemmed, without stop words; a question of stop words is not covered."""
    if not asked:
        return 0.0
    return len(asked & words(text)) / len(asked)
