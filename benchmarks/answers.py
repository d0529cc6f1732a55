"""What the mock of the OpenAI API answers: known in advance, and different for each question."""

import re
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Self

OPENING = "F1rst "
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TOKENS = ("plain ", "naïve ", '"quoted" ', "back\\slash ", "two\nlines ", "日本 ", "🦆 ", "end. ")


@dataclass(frozen=True)
class Answer:
    """An answer's length and pace (0: as fast as it can); the model's name carries both."""

    tokens: int
    tokens_per_second: int = 0

    @property
    def model(self) -> str:
        """The name of the model that answers so."""
        return f"mock-{self.tokens}-{self.tokens_per_second}"

    @classmethod
    def of(cls, model: str) -> Self:
        """What the model of this name answers."""
        _, tokens, tokens_per_second = model.split("-")
        return cls(int(tokens), int(tokens_per_second))

    def pieces(self, number: int) -> list[str]:
        """The tokens of the answer to the question of this number."""
        start = number % len(TOKENS)
        return [OPENING, f"{number} ", *islice(cycle(TOKENS), start, start + self.tokens - 2)]


def question(number: int) -> str:
    """A question about the sample documents like no other.

    Its number is in words: one in digits would name a thing, and one that stands nowhere.
    """
    spelled = " ".join(DIGITS[int(digit)] for digit in str(number))
    return f"Which port does the bRAG API listen on, asked time {spelled}?"


def number_of(prompt: str) -> int:
    """The number of the last question in a prompt."""
    spelled = re.findall(r"asked time ([a-z ]+)\?", prompt)[-1]
    return int("".join(str(DIGITS.index(word)) for word in spelled.split()))
