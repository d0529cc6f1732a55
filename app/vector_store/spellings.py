"""Other ways to write what stands in a text: "wifi" for "wi-fi", "max retries" for "max_retries".

See docs/decisions/0034-matching-by-what-people-read.md.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

KNOWN_WORDS: Final = 20_000
LONGEST_KNOWN: Final = 64  # characters: longer ones are no words, and would fill the memory

HYPHENATED: Final = re.compile(r"(?<![\w-])[^\W\d_]+-[^\W\d_]+(?![\w-])")
SNAKE: Final = re.compile(r"(?<![^\W_])[^\W_]+(?:_[^\W_]+)+")
CAMEL: Final = re.compile(r"(?<![^\W_])[^\W_]*[a-z][A-Z][^\W_]*")
HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# What may not stand before it is looked at behind its first digit: digits are found sooner.
GROUPED: Final = re.compile(r"\d(?<![\w.,]\d)\d{0,2}(?:([,.' ])\d{3})(?:\1\d{3})*(?![\w]|[.,]\d)")
# "25kg", "E4012"
JOINED: Final = re.compile(r"(?<![\w.,-])(?:\d+[A-Za-z]{1,3}|[A-Za-z]{1,3}\d{2,})(?!\w)")
BETWEEN: Final = re.compile(r"(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)")
# Whatever is written in two ways has one of these, which are found sooner.
SIGN: Final = re.compile(r"[-_\d]|[a-z][A-Z]")

Respell = Callable[[re.Match[str]], str]


def spellings(text: str) -> Iterator[tuple[str, str]]:
    """What stands in a normalized text, and another way to write it, for each that has one."""
    for pattern, other in RESPELLED if SIGN.search(text) else ():
        for found in pattern.finditer(text):
            yield found[0], other(found)


def respell(text: str) -> str:
    """The text with all of these written the other way; nothing if there are none."""
    joined = GROUPED.sub(_join_digits, text)
    words = joined.split()
    are_known = max(map(len, words), default=0) <= LONGEST_KNOWN
    respelled = [*map(_respell_known if are_known else _respell_word, words)]
    return " ".join(respelled) if joined != text or respelled != words else ""


def _respell_word(word: str) -> str:
    if not SIGN.search(word):
        return word
    for pattern, other in WITHIN_WORDS:
        word = pattern.sub(other, word)
    return word


_respell_known = lru_cache(KNOWN_WORDS)(_respell_word)


def _join_letters(written: re.Match[str]) -> str:
    return written[0].replace("-", "")


def _join_digits(written: re.Match[str]) -> str:
    return "".join(filter(str.isdigit, written[0]))


def _split_snake(written: re.Match[str]) -> str:
    return written[0].replace("_", " ")


def _split_camel(written: re.Match[str]) -> str:
    return HUMP.sub(" ", written[0])


def _split_joined(written: re.Match[str]) -> str:
    return BETWEEN.sub(" ", written[0])


WITHIN_WORDS: Final[tuple[tuple[re.Pattern[str], Respell], ...]] = (
    (HYPHENATED, _join_letters),
    (SNAKE, _split_snake),
    (CAMEL, _split_camel),
    (JOINED, _split_joined),
)
RESPELLED: Final = (*WITHIN_WORDS, (GROUPED, _join_digits))
