"""What a long message asks: a letter or a pasted log is searched for, and judged, by its parts.

The whole of it says little: the embedding model reads its beginning, and most of its words are no
question's. docs/decisions/0035-what-evidence-counts.md.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from app.retrieval.evidence import LEAST_WORDS, AskedQuestion

LONG_CHARS: Final = 240  # from which on a message is looked at in parts alone
MOST_PARTS: Final = 6  # each is embedded and searched for
MOST_SENTENCES: Final = 200  # that are looked at where none asks
MOST_ALIKE: Final = 2  # sentences that differ in their numbers alone: more are a log
MOST_BEFORE: Final = 4  # sentences, to say what a question is about
LONGEST_PART: Final = 600  # characters; about as much as the embedding model reads

# Blanks are looked at from the first of them alone: else many take quadratic time.
SENTENCE_END: Final = re.compile(r"(?<=[.!?…؟।])\s+|(?<=[。！？])|(?<!\s)\s*\n\s*")
NUMBERED: Final = re.compile(r"\b[\da-f]+\b|\b\w*\d\w*")  # what differs from line to line of a log
ASKS: Final = re.compile(r"[?？؟](?!\w)")  # not within an address: "/items?page=2"
REFERS: Final = re.compile(r"(?i)\b(?:this|that|these|those|its?|they|them|dies\w*|das|es|cela)\b")


def parts_of(message: str) -> list[str]:
    """The message itself, or the parts of a long one: what asks, else whatever says something.

    A short one that says more than it asks is looked at both ways: neither small talk nor an order
    number is what "How long is the warranty?" is about.
    """
    is_long = len(message) > LONG_CHARS
    if not is_long and not SENTENCE_END.search(message):
        return [message]
    sentences = [part for text in SENTENCE_END.split(message) if text for part in _fit(text)]
    parts = [_with_subject(sentences, index) for index in _asking(sentences)]
    if not is_long:
        parts.insert(0, message)
    return [*dict.fromkeys(parts)] or _telling(sentences) or sentences[:1]


def _asking(sentences: Sequence[str]) -> list[int]:
    """Where sentences ask: the last ones, and none that a log repeats."""
    shapes = Counter(map(_shape, sentences))
    asking = [
        index
        for index, text in enumerate(sentences)
        if ASKS.search(text) and shapes[_shape(text)] <= MOST_ALIKE
    ]
    return asking[-MOST_PARTS:]


def _with_subject(sentences: Sequence[str], index: int) -> str:
    """A sentence that asks, after as many before it as it takes to say of what: a few."""
    first = index - 1 if index and REFERS.search(sentences[index]) else index
    text = " ".join(sentences[first : index + 1])
    for before in reversed(sentences[max(0, index - MOST_BEFORE) : first]):
        if len(text) > LONGEST_PART or _says_something(AskedQuestion(text)):
            break
        text = f"{before} {text}"
    return text


def _telling(sentences: Sequence[str]) -> list[str]:
    """Of a log or a report without a question: what is said once, names something, says most."""
    shapes = Counter(map(_shape, sentences))
    rarest = sorted(dict.fromkeys(sentences), key=lambda text: shapes[_shape(text)])
    questions = {text: AskedQuestion(text) for text in rarest[:MOST_SENTENCES]}
    telling = [text for text, question in questions.items() if _says_something(question)]

    def rank(text: str) -> tuple[int, int, float]:
        question = questions[text]
        return shapes[_shape(text)], -len(question.identifiers), -question.weight

    return sorted(telling, key=rank)[:MOST_PARTS]


def _shape(text: str) -> str:
    """What lines of a log have in common that differ in their numbers."""
    return NUMBERED.sub("0", text)


def _says_something(question: AskedQuestion) -> bool:
    return bool(question.identifiers) or question.weight >= LEAST_WORDS


def _fit(sentence: str) -> Iterator[str]:
    """The sentence, cut between words where it is too long."""
    while len(sentence) > LONGEST_PART:
        cut = sentence.rfind(" ", 0, LONGEST_PART)
        cut = cut if cut > 0 else LONGEST_PART
        yield sentence[:cut]
        sentence = sentence[cut:].lstrip()
    yield sentence
