"""How much speaks for a passage: docs/decisions/0035-what-evidence-counts.md."""

from collections.abc import Sequence
from itertools import pairwise
from math import tanh
from typing import Final

from app.retrieval.identifiers import CODE, Identifier, find_identifiers
from app.retrieval.rarity import LEAST, telling_character, weights
from app.vector_store.folding import fold, normalize
from app.vector_store.spellings import respell, spellings
from app.vector_store.terms import IS_UNSPACED, WORD, pieces, term, terms, terms_of_folded

# To be raised whenever a threshold would mean something else. 1: words counted alike.
EVIDENCE_VERSION: Final = 3
WORDS_WEIGHT: Final = 0.7
PAIRS_WEIGHT: Final = 0.3
# A question of less is covered by no single word; of one of more, what is beyond counts half.
LEAST_WORDS: Final = 1.5
MANY: Final = 3.0
# Words as they are put into a search box are what a passage is to hold, however few they are.
MOST_KEYWORDS: Final = 3
LEAST_KEYWORDS: Final = 0.5
# Another form of a word, which no English stemmer knows: it begins alike, and counts for less.
FORM_WEIGHT: Final = 0.8
SHORTEST_FORM: Final = 6  # letters
BEGINNING: Final = 0.75  # of them, which forms have in common
# Where the number of a clause stands, but as that of nothing, or of something else.
NUMBER_ELSEWHERE: Final = -0.3
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
        self._respelled = {
            term(word): frozenset(terms(other))
            for written, other in spellings(normalize(question))
            for word in WORD.findall(fold(written))
        }
        self.weight = sum(self._words.values())
        self.identifiers = find_identifiers(question)
        is_keywords = len(found) <= MOST_KEYWORDS and min(weight.values(), default=0) > LEAST
        is_bare = is_keywords and not self.identifiers and _asks_nothing(question)
        self._least = LEAST_KEYWORDS if is_bare else LEAST_WORDS

    @property
    def names_something(self) -> bool:
        """Whether it names what a passage has to name too: a code or a product."""
        return any(one.kind.unknown < 0 for one in self.identifiers)

    def evidence(self, cosine: float, text: str, named: float = 0.0) -> float:
        """The cosine of a passage, and the shares of the words and pairs that it holds: -1 to 1.8.

        `named` is what its identifiers add (`judge_names`). Comparable between questions and
        between collections, as no score is.
        """
        normal = normalize(text)
        folded = normal.casefold()
        held = terms_of_folded(folded) + terms_of_folded(respell(normal).casefold())
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
        if not any(one.trace.search(text) for one in self.identifiers for text in folded):
            return [min(one.kind.unknown for one in self.identifiers)] * len(texts)
        held = [_names_held(self.identifiers, text) for text in folded]
        is_elsewhere = not any(held) and self.identifiers[0].kind is CODE  # then all are
        return [NUMBER_ELSEWHERE] * len(texts) if is_elsewhere else held

    def _share_of_words(self, held: frozenset[int], folded: str) -> float:
        found = 0.0
        for indices, weight in self._words.items():
            others = self._respelled.get(indices)
            if held.issuperset(indices) or (others and held.issuperset(others)):
                found += weight
            elif _has_form(self._spelled[indices], folded):
                found += FORM_WEIGHT * weight
        return min(1.0, found / max(_expected(self.weight), self._least))

    def _share_of_pairs(self, held: Sequence[int]) -> float:
        found = self._pairs.intersection(pairwise(held))
        return min(1.0, len(found) / _expected(len(self._pairs)))


def _within_bounds(total: float) -> float:
    """No less than LEAST_EVIDENCE, and beyond ENOUGH less and less more: never MOST_EVIDENCE."""
    if total <= ENOUGH:
        return max(total, LEAST_EVIDENCE)
    room = MOST_EVIDENCE - ENOUGH
    return ENOUGH + room * tanh((total - ENOUGH) / room)


def _asks_nothing(question: str) -> bool:
    return all(map(term, WORD.findall(fold(question))))


def _has_form(word: str, folded: str) -> bool:
    """Whether a text holds another form of a word, if that is long enough to tell.

    Of characters without blanks: across a blank or the end of a line, or the one that tells.
    """
    if IS_UNSPACED.match(word):
        return (telling_character(word) or word) in "".join(folded.split())
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
