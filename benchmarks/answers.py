"""What the mock of the OpenAI API answers: known in advance, and different for each question."""

import re
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Self

OPENING = "F1rst "
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
    """A question about the sample documents like no other."""
    return f"Which port does the bRAG API listen on? This is question {number}."


def number_of(prompt: str) -> int:
    """The number of the last question in a prompt."""
    return int(re.findall(r"This is question (\d+)\.", prompt)[-1])
