"""The words of a text as matching counts them: folded, stemmed, without stop words.

Where a script puts no blanks between words, pairs of neighbouring characters stand for them; so
they do for Korean, whose words carry their particles. docs/decisions/0034 has the reasons.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import Final
from zlib import crc32

from qdrant_edge import Bm25, Bm25Config

from app.vector_store.folding import fold
from app.vector_store.markers import MARKED_OR_FIRST

KNOWN_WORDS: Final = 100_000
LONGEST_KNOWN: Final = 64  # characters: longer ones are no words, and would fill the memory

# Thai and Lao, Burmese, Khmer, Japanese, Chinese, Korean.
UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\U00020000-\U0003ffff"
)
SIGNS: Final = (  # of Thai, Lao, Burmese and Khmer, which belong to the letter before
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
)
INDIA: Final = "\u0900-\u0963\u0966-\u0dff"  # its scripts, all of whose signs are parts of words
WORD: Final = re.compile(rf"[\w{INDIA}{UNSPACED}]+")
ASCII_WORD: Final = re.compile(r"\w+", re.ASCII)  # the same in half the time
# From the beginning of a word alone: to look from each of its letters takes quadratic time.
COMPOUND: Final = re.compile(r"(?<![a-z\d])[a-z\d]+[.\-][a-z\d]+(?:[.\-][a-z\d]+)*")
DIGIT: Final = re.compile(r"\d")
PART: Final = re.compile(f"[{UNSPACED}]+|[^{UNSPACED}]+")
CHARACTER: Final = re.compile(f".[{SIGNS}]*")
IS_UNSPACED: Final = re.compile(f"[{UNSPACED}]")


def terms(text: str) -> list[int]:
    """An index for each word that counts, in their order."""
    return terms_of_folded(fold(text))


def terms_of_folded(text: str) -> list[int]:
    """The same of a text that is folded."""
    is_ascii = text.isascii()
    words = (ASCII_WORD if is_ascii else WORD).findall(text)
    are_known = is_ascii and max(map(len, words), default=0) <= LONGEST_KNOWN
    return [*chain.from_iterable(map(_known_stem if are_known else term, words))]


def compounds_of_folded(text: str) -> list[int]:
    """An index for each compound with a number in it: "7.3", "e-4012"; and for numbers that name.

    "Section 7" is found where "§ 7" stands, and apart from "7 days".
    """
    if not DIGIT.search(text):
        return []
    compounds = [found for found in COMPOUND.findall(text) if DIGIT.search(found)]
    marked = [f"#{first or second}" for first, second in MARKED_OR_FIRST.findall(text)]
    return [crc32(found.encode()) for found in (*compounds, *marked)]


def term(word: str) -> tuple[int, ...]:
    """The indices of one folded word: none for a stop word, several for some compounds."""
    if not word.isascii():
        return tuple(_unknown(word))
    return _known_stem(word) if len(word) <= LONGEST_KNOWN else _stem(word)


def pieces(word: str) -> Iterator[str]:
    """What is matched of a folded word: itself, or its pairs of characters."""
    for part in PART.findall(word):
        if not IS_UNSPACED.match(part):
            yield part
            continue
        characters = CHARACTER.findall(part)
        yield from map("".join, pairwise(characters)) if len(characters) > 1 else characters


def _unknown(word: str) -> Iterator[int]:
    for piece in pieces(word):
        if piece.isascii():
            yield from term(piece)
        else:
            yield crc32(piece.encode())


def _stem(word: str) -> tuple[int, ...]:
    return tuple(_bm25().embed_query(word).indices)


_known_stem = lru_cache(KNOWN_WORDS)(_stem)


@cache
def _bm25() -> Bm25:
    """Qdrant's own: English stop words and stems, which leave most other words alone."""
    return Bm25(Bm25Config())
