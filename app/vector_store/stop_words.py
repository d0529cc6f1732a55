"""Words that say nothing by themselves, in the languages whose stop words Qdrant knows."""

from functools import cache
from typing import Final

from qdrant_edge import Bm25, Bm25Config, DisabledStemmer

ENGLISH: Final = "english"
LANGUAGES: Final = (
    *(ENGLISH, "german", "french", "spanish", "italian", "portuguese", "dutch", "swedish"),
    *("norwegian", "danish", "finnish", "russian", "romanian", "hungarian", "turkish", "catalan"),
    *("greek", "indonesian", "slovene", "arabic", "hebrew"),
)
SURELY_ENGLISH: Final = 0.6  # of whose words at most so many are no stop words


def language_of(text: str) -> str:
    """The language that a text has most stop words of; English where it has none."""
    text = text.lower()
    words = len(text.split())
    if _left_of(text, ENGLISH) <= SURELY_ENGLISH * words:  # the others need not be asked
        return ENGLISH
    return min(LANGUAGES, key=lambda language: _left_of(text, language))


def is_stop_word(word: str, language: str) -> bool:
    """Whether a lower-case word is one: nothing is left of it."""
    return not _bm25(language).embed_query(word).indices


def _left_of(text: str, language: str) -> int:
    return len(_bm25(language).embed_query(text).indices)


@cache
def _bm25(language: str) -> Bm25:
    return Bm25(Bm25Config(language=language, stemmer=DisabledStemmer()))
