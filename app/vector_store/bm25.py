"""What a text says by its words: BM25 over stems, and over pairs of neighbouring stems.

A pair tells "interest rate" from a passage that holds both words apart, and costs no embedding:
docs/decisions/0011-pairs-of-words.md.
"""

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

from qdrant_edge import Bm25, Bm25Config, SparseVector

K: Final = 1.2  # the defaults of Qdrant's BM25
B: Final = 0.75
AVERAGE_LENGTH: Final = 256
PAIR_WEIGHT: Final = 0.4  # of a pair in a question, where a word has 1

WORD: Final = re.compile(r"\w+")
KNOWN_WORDS: Final = 100_000
LONGEST_KNOWN: Final = 64  # characters: longer ones are no words, and would fill the memory
MIX: Final = 2_654_435_761  # multiplicative hashing (Knuth, TAOCP 6.4): pairs fill 32 bits evenly
SHIFT: Final = 12  # to 2**20 indices: several pairs share one, and the index takes half the memory

Weights = dict[int, float]


def encode_passage(text: str) -> SparseVector:
    """The weights of a passage's words and pairs; the engine brings their IDF to a search."""
    words = _bm25().embed_document(text)
    return _join(dict(zip(words.indices, words.values, strict=True)), _pair_weights(text))


def encode_question(text: str) -> SparseVector:
    """1 for each word of a question, PAIR_WEIGHT for each pair."""
    return encode_texts({text: 1.0})


def encode_texts(texts: Mapping[str, float]) -> SparseVector:
    """The same of several texts, each counted by its weight; what they share counts for each."""
    total: Weights = {}
    for text, weight in texts.items():
        of_text = dict.fromkeys(pairs(text), PAIR_WEIGHT) | dict.fromkeys(words(text), 1.0)
        for index, value in of_text.items():
            total[index] = total.get(index, 0.0) + weight * value
    return SparseVector(list(total), list(total.values()))


def words(text: str) -> frozenset[int]:
    """The words of a text as BM25 counts them: stemmed, without stop words, each once."""
    return frozenset(_bm25().embed_query(text).indices)


def pairs(text: str) -> frozenset[int]:
    """Its pairs of neighbouring words, each once."""
    return frozenset(_index(first, second) for first, second in pairwise(_stems(text)))


def _pair_weights(text: str) -> Weights:
    """BM25's term frequencies (Robertson, Zaragoza 2009), of pairs."""
    stems = _stems(text)
    norm = K * (1 - B + B * len(stems) / AVERAGE_LENGTH)
    counts = Counter(_index(first, second) for first, second in pairwise(stems))
    return {index: count * (K + 1) / (count + norm) for index, count in counts.items()}


def _join(words: Weights, pairs: Weights) -> SparseVector:
    weights = pairs | words  # should a pair and a word have the same index, the word has it
    return SparseVector(list(weights), list(weights.values()))


def _stems(text: str) -> list[int]:
    """The words of a text in their order, those that BM25 skips left out."""
    return [
        stem
        for word in WORD.findall(text.lower())
        for stem in (_known_stem if len(word) <= LONGEST_KNOWN else _stem)(word)
    ]


def _stem(word: str) -> tuple[int, ...]:
    return tuple(_bm25().embed_query(word).indices)


_known_stem = lru_cache(KNOWN_WORDS)(_stem)


def _index(first: int, second: int) -> int:
    return ((first * MIX + second) * MIX % 2**32) >> SHIFT


@cache
def _bm25() -> Bm25:
    """Qdrant's own: English stop words and stems, which leave most other words alone."""
    return Bm25(Bm25Config(k=K, b=B, avg_len=AVERAGE_LENGTH))
