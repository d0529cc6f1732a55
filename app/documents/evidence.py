"""How much speaks for a passage as an answer: its nearness in meaning, and the words it shares."""

from collections.abc import Iterable, Iterator
from typing import Final

from app.documents.lexical import pairs, words
from app.documents.ranking import Candidate

# With the cosine alone, a threshold that suits one collection refuses a third of what others
# answer: technical questions are far from their answers, and share their words.
# See docs/decisions/0010-when-not-to-answer.md.
WORDS_WEIGHT: Final = 0.5
PAIRS_WEIGHT: Final = 0.3


def evidence(question: str, passages: Iterable[tuple[Candidate, str]]) -> Iterator[float]:
    """For each passage its cosine, and shares of the question's words and pairs in its text.

    Comparable between questions and between collections, as the scores of a ranking are not.
    """
    asked_words = words(question)
    asked_pairs = pairs(question)
    for candidate, text in passages:
        of_words = _share(asked_words, words(text))
        of_pairs = _share(asked_pairs, pairs(text)) if asked_pairs else of_words
        yield candidate.cosine + WORDS_WEIGHT * of_words + PAIRS_WEIGHT * of_pairs


def _share(asked: frozenset[int], held: frozenset[int]) -> float:
    """0 for a question of stop words alone, which nothing covers."""
    return len(asked & held) / len(asked) if asked else 0.0
