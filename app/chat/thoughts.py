"""Models that think before they answer: <think>…</think> at the beginning is not the answer."""

from typing import Final

OPENING: Final = "<think>"
CLOSING: Final = "</think>"
MAX_BLANKS: Final = 1000  # before the first mark


class ThoughtFilter:
    """Takes the thoughts from the beginning of a text that comes in parts.

    Thoughts that never end hold no answer: the model was stopped before it gave one.
    """

    def __init__(self) -> None:
        self.is_done = False  # all that follows is the answer
        self.has_thoughts = False
        self._held = ""  # what may be a mark, or blanks before one

    def feed(self, text: str) -> str:
        """As much of the answer as is certain."""
        if self.is_done:
            return text
        self._held += text
        if not self.has_thoughts:
            return self._read_beginning()
        return self._read_thoughts()

    def close(self) -> str:
        """What was held back, once nothing follows."""
        self.is_done = True
        held, self._held = self._held, ""
        return "" if self.has_thoughts else held

    def _read_beginning(self) -> str:
        text = self._held.lstrip()
        are_few = len(self._held) - len(text) <= MAX_BLANKS
        if are_few and text.startswith(OPENING):
            self.has_thoughts, self._held = True, text.removeprefix(OPENING)
            return self._read_thoughts()
        return "" if are_few and OPENING.startswith(text) else self.close()

    def _read_thoughts(self) -> str:
        _, mark, answer = self._held.partition(CLOSING)
        answer = answer.lstrip()
        if answer:
            self.is_done = True
        # Of the thoughts no more is kept than may be the beginning of the mark.
        self._held = mark or self._held[1 - len(CLOSING) :]
        return answer
