"""What a text says by its words: BM25 over stems, and over pairs of neighbouring stems.

A pair tells "interest rate" from a passage that holds both words apart, and costs no embedding:
docs/decisions/0011-pairs-of-words.md. Words are cut out by `terms`.
"""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from qdrant_edge import SparseVector

from app.vector_store.folding import normalize
from app.vector_store.spellings import spellings
from app.vector_store.terms import compounds_of_folded, terms_of_folded

K: Final = 1.2  # the defaults of Qdrant's BM25
B: Final = 0.75
AVERAGE_LENGTH: Final = 256
PAIR_WEIGHT: Final = 0.4  # of a pair in a question, where a word has 1

MIX: Final = 2_654_435_761  # multiplicative hashing (Knuth, TAOCP 6.4): pairs fill 32 bits evenly
SHIFT: Final = 12  # to 2**20 indices: several pairs share one, and the index takes half the memory

Weights = dict[int, float]


def encode_passage(text: str) -> SparseVector:
    """BM25's term frequencies (Robertson, Zaragoza 2009) of a passage's words and pairs.

    The engine brings their IDF to a search.
    """
    normal = normalize(text)
    folded = normal.casefold()
    found = terms_of_folded(folded)
    others = _others(normal, folded)
    norm = K * (1 - B + B * len(found) / AVERAGE_LENGTH)
    # Should a pair and a word have the same index, the word has it.
    pairs = Counter(map(_index, pairwise(found)))
    counts = {**pairs, **Counter([*found, *others])}
    weights = [count * (K + 1) / (count + norm) for count in counts.values()]
    return SparseVector(list(counts), weights)


def encode_question(text: str) -> SparseVector:
    """1 for each word of a question in each of its spellings, PAIR_WEIGHT for each pair."""
    return encode_texts({text: 1.0})


def encode_texts(texts: Mapping[str, float]) -> SparseVector:
    """The same of several texts, each counted by its weight; what they share counts for each."""
    total: Weights = {}
    for text, weight in texts.items():
        normal = normalize(text)
        folded = normal.casefold()
        found = terms_of_folded(folded)
        others = _others(normal, folded)
        of_text = dict.fromkeys(map(_index, pairwise(found)), PAIR_WEIGHT)
        of_text |= dict.fromkeys([*found, *others], 1.0)
        for index, value in of_text.items():
            total[index] = total.get(index, 0.0) + weight * value
    return SparseVector(list(total), list(total.values()))


def _others(normal: str, folded: str) -> list[int]:
    """Compounds with a number, and what is written in two ways in the other one."""
    respelled = " ".join(other for _, other in spellings(normal))
    return [*compounds_of_folded(folded), *terms_of_folded(respelled.casefold())]


def _index(pair: tuple[int, int]) -> int:
    first, second = pair
    return ((first * MIX + second) * MIX % 2**32) >> SHIFT
