"""How much speaks for a passage: docs/decisions/0035-what-evidence-counts.md."""

from collections.abc import Sequence
from itertools import pairwise
from math import tanh
from typing import Final

from app.retrieval.identifiers import CODE, Identifier, find_identifiers
from app.retrieval.rarity import weights
from app.vector_store.folding import fold
from app.vector_store.terms import WORD, pieces, term, terms_of_folded

# To be raised whenever a threshold would mean something else. 1: words counted alike.
EVIDENCE_VERSION: Final = 2
WORDS_WEIGHT: Final = 0.7
PAIRS_WEIGHT: Final = 0.3
# A question of less is covered by no single word; of one of more, what is beyond counts half.
LEAST_WORDS: Final = 1.5
MANY: Final = 3.0
# Another form of a word, which no English stemmer knows: it begins alike, and counts for less.
FORM_WEIGHT: Final = 0.8
SHORTEST_FORM: Final = 6  # letters
BEGINNING: Final = 0.75  # of them, which forms have in common
LEAST_EVIDENCE: Final = -1.0
ENOUGH: Final = 1.0
MOST_EVIDENCE: Final = 1.8


class AskedQuestion:
    """What is looked for in passages: a question's words, pairs of words, and identifiers."""

    def __init__(self, question: str) -> None:
        found = [
            (piece, indices)
            for word in WORD.findall(fold(question))
            for piece in pieces(word)
            if (indices := term(piece))
        ]
        weight = weights(question, {piece for piece, _ in found})
        self._words = {indices: weight[piece] for piece, indices in found}
        following = [index for _, indices in found for index in indices]
        self._pairs = {*pairwise(following)}
        self._spelled = {indices: piece for piece, indices in found}
        self.weight = sum(self._words.values())
        self.identifiers = find_identifiers(question)

    def evidence(self, cosine: float, text: str, named: float = 0.0) -> float:
        """The cosine of a passage, and the shares of the words and pairs that it holds: -1 to 1.8.

        `named` is what its identifiers add (`judge_names`). Comparable between questions and
        between collections, as no score is.
        """
        folded = fold(text)
        held = terms_of_folded(folded)
        of_words = self._share_of_words(frozenset(held), folded)
        of_pairs = self._share_of_pairs(held) if self._pairs else of_words
        total = cosine + WORDS_WEIGHT * of_words + PAIRS_WEIGHT * of_pairs + named
        return _within_bounds(total)

    def judge_names(self, texts: Sequence[str]) -> list[float]:
        """What the identifiers add for each of the passages that were found, best first.

        Codes decide: where they stand for a passage, where there is no trace of any against all.
        """
        if not self.identifiers:
            return [0.0] * len(texts)
        folded = [fold(text) for text in texts]
        codes = [one for one in self.identifiers if one.kind is CODE]
        sought = codes or self.identifiers  # a product's name does not make up for its model's
        if not any(one.trace.search(text) for one in sought for text in folded):
            return [min(one.kind.unknown for one in sought)] * len(texts)
        return [_names_held(self.identifiers, text) for text in folded]

    def _share_of_words(self, held: frozenset[int], folded: str) -> float:
        found = 0.0
        for indices, weight in self._words.items():
            if held.issuperset(indices):
                found += weight
            elif _has_form(self._spelled[indices], folded):
                found += FORM_WEIGHT * weight
        return min(1.0, found / max(_expected(self.weight), LEAST_WORDS))

    def _share_of_pairs(self, held: Sequence[int]) -> float:
        found = self._pairs.intersection(pairwise(held))
        return min(1.0, len(found) / _expected(len(self._pairs)))


def _within_bounds(total: float) -> float:
    """No less than LEAST_EVIDENCE, and beyond ENOUGH less and less more: never MOST_EVIDENCE."""
    if total <= ENOUGH:
        return max(total, LEAST_EVIDENCE)
    room = MOST_EVIDENCE - ENOUGH
    return ENOUGH + room * tanh((total - ENOUGH) / room)


def _has_form(word: str, folded: str) -> bool:
    """Whether a text holds another form of a word, if that is long enough to tell."""
    if len(word) < SHORTEST_FORM or not word.isalpha():
        return False
    beginning = word[: max(SHORTEST_FORM - 1, round(BEGINNING * len(word)))]
    return beginning in folded and any(
        other.startswith(beginning) and len(other) <= len(word) + 2
        for other in WORD.findall(folded)
    )


def _expected(total: float) -> float:
    """How much of a question a passage that answers it should hold: of a long one less."""
    return min(total, MANY) + max(0.0, total - MANY) / 2


def _names_held(identifiers: Sequence[Identifier], text: str) -> float:
    """What a passage gets for the share of the identifiers that stand in it."""
    held = sum(one.kind.held for one in identifiers if one.name.search(text))
    return held / len(identifiers)
