"""Models that think before they answer."""

import pytest

from app.chat.thoughts import ThoughtFilter


def answer_of(*parts: str) -> str:
    """The answer in a text that comes in these parts."""
    thoughts = ThoughtFilter()
    return "".join(map(thoughts.feed, parts)) + thoughts.close()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>Hm.</think>Yes.", "Yes."),
        ("\n <think>\nHm.\n</think>\n\nYes.\n", "Yes.\n"),
        ("<think></think>Yes.", "Yes."),
        ("<think>a < b </ think></think>Yes </think>", "Yes </think>"),
        ("<think>Hm.", ""),
        ("<think>Hm.</think> \n", ""),
        ("<thin", "<thin"),
        ("<thinking> aloud", "<thinking> aloud"),
        (" Yes: <think>Hm.</think>", " Yes: <think>Hm.</think>"),
        ("  ", "  "),
        ("", ""),
    ],
)
def test_thoughts_are_not_the_answer(text: str, answer: str) -> None:
    """Thoughts at the beginning are taken away, whole or in parts; nothing else is."""
    assert answer_of(text) == answer
    assert answer_of(*text) == answer


def test_answer_is_not_held_back() -> None:
    """As soon as it is certain that there are no thoughts, the answer is there."""
    thoughts = ThoughtFilter()
    assert (thoughts.feed("<"), thoughts.feed("b>")) == ("", "<b>")
    assert thoughts.feed("<think>") == "<think>"
