"""Answers made of sentences that stand in the passages of a prompt, pure: no language model.

It quotes the sentences that share most with the question. A word counts the more, the fewer
sentences hold it; a word of the heading above a sentence counts nearly as much as one of its own.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from app.embedded.prompts import ReadPrompt
from app.embedded.sentences import Paragraph, paragraphs, words
from app.embedded.stop_words import STOP_WORDS

DO_NOT_KNOW: Final = "I do not know: no sentence of the passages answers that."
MOST_QUOTES: Final = 2
SECOND_QUOTE: Final = 0.75  # of the best score, for one more quote
# A quote takes neighbours in as long as it is no longer than this; one that is longer is cut.
QUOTE_CHARS: Final = 140
MOST_QUOTE_CHARS: Final = 400

# What a quote needs of the question's words: this share of their weight, or so many of them, or one
# with a digit.
LEAST_SHARE: Final = 0.3
LEAST_WORDS: Final = 3
EARLIER_WEIGHT: Final = 0.3  # of a word that stands only in the question before this one
HEADING_WEIGHT: Final = 0.8
HEADING_ASKS: Final = 0.3  # more for what follows a heading that asks the same
NUMBER: Final = 0.2  # more for a number, where one is asked for
UNFIT: Final = 0.3  # less for a question, and for what is too long for a sentence, like a dump
PLACE: Final = 0.05  # less for each better passage

ASKS_NUMBER: Final = re.compile(
    r"\b(?:how (?:many|much|large|big|long|old|far|high|often|fast)|when|what time)\b",
    re.IGNORECASE,
)
DIGIT: Final = re.compile(r"\d")
STOP_STEMS: Final = frozenset(stem for word in STOP_WORDS for stem in words(word))


class Candidate(NamedTuple):
    """A sentence that may be quoted, with its words and those of what it stands under."""

    number: str
    place: int
    paragraph: Paragraph
    position: int
    follows_heading: bool
    words: frozenset[str]
    heading_words: frozenset[str]

    @property
    def sentence(self) -> str:
        """The sentence."""
        return self.paragraph.sentences[self.position]

    @property
    def quote(self) -> str:
        """The sentence, and its neighbours as far as there is room: those before it first."""
        sentences, start, end = self.paragraph.sentences, self.position, self.position + 1
        while start and len(" ".join(sentences[start - 1 : end])) <= QUOTE_CHARS:
            start -= 1
        while end < len(sentences) and len(" ".join(sentences[start : end + 1])) <= QUOTE_CHARS:
            end += 1
        quote = " ".join(sentences[start:end])
        if len(quote) <= MOST_QUOTE_CHARS:
            return quote
        return f"{quote[:MOST_QUOTE_CHARS].rpartition(' ')[0]} …"


class Question:
    """What is asked: its words, each with its weight among the candidates."""

    def __init__(self, prompt: ReadPrompt, candidates: Sequence[Candidate]) -> None:
        self._asks_number = ASKS_NUMBER.search(prompt.question) is not None
        count = Counter(word for one in candidates for word in one.words | one.heading_words)
        earlier, own = _telling(prompt.earlier_question), _telling(prompt.question)
        factors = dict.fromkeys(earlier, EARLIER_WEIGHT) | dict.fromkeys(own, 1.0)
        self._weights = {
            word: factor * math.log(1 + len(candidates) / max(1, count[word]))
            for word, factor in factors.items()
        }
        self._total = sum(self._weights.values()) or 1.0

    def score(self, candidate: Candidate) -> float:
        """How well it answers; 0 where it has too little to do with the question."""
        above = candidate.heading_words
        if not self._fits(candidate.words | above):
            return 0.0
        score = self._share(candidate.words)
        score += HEADING_WEIGHT * self._share(above - candidate.words)
        if candidate.follows_heading and candidate.paragraph.heading.endswith("?"):
            score += HEADING_ASKS * self._share(above)
        if self._asks_number and DIGIT.search(candidate.sentence):
            score += NUMBER
        if candidate.sentence.endswith("?") or len(candidate.sentence) > MOST_QUOTE_CHARS:
            score -= UNFIT
        return score - PLACE * candidate.place

    def _share(self, words: Collection[str]) -> float:
        return sum(self._weights.get(word, 0.0) for word in words) / self._total

    def _fits(self, words: Collection[str]) -> bool:
        shared = self._weights.keys() & words
        return (
            self._share(shared) >= LEAST_SHARE
            or len(shared) >= LEAST_WORDS
            or any(map(DIGIT.search, shared))
        )


def quote_answer(prompt: ReadPrompt) -> str:
    """The best sentences, each with its passage's number, or that the answer is not known."""
    candidates = list(_candidates(prompt))
    question = Question(prompt, candidates)
    scores = sorted(((question.score(one), one) for one in candidates), key=lambda pair: -pair[0])
    quotes: dict[str, str] = {}
    for score, candidate in scores:
        if score > 0 and score >= SECOND_QUOTE * scores[0][0] and len(quotes) < MOST_QUOTES:
            quotes.setdefault(candidate.quote, candidate.number)
    return " ".join(f"{quote} [{number}]" for quote, number in quotes.items()) or DO_NOT_KNOW


def _candidates(prompt: ReadPrompt) -> Iterator[Candidate]:
    for place, passage in enumerate(prompt.passages):
        heading = None
        for paragraph in paragraphs(passage.text):
            above = frozenset(words(f"{passage.title} {paragraph.heading}"))
            for index, sentence in enumerate(paragraph.sentences):
                is_first = index == 0 and paragraph.heading != heading
                own = frozenset(words(sentence))
                yield Candidate(passage.number, place, paragraph, index, is_first, own, above)
            heading = paragraph.heading


def _telling(question: str) -> list[str]:
    """The words of a question that say what it is about."""
    return [word for word in words(question) if word not in STOP_STEMS]
