"""What people read as the same is made the same, for matching only: never shown, never counted.

See docs/decisions/0034-matching-by-what-people-read.md.
"""

import re
import unicodedata
from typing import Final

# Soft hyphens, joiners, marks of direction, selectors of variants, the Arabic line of justifying.
INVISIBLE: Final = re.compile(
    "[\xad\u034f\u061c\u0640\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff]+"
)
# Accents, the points of Hebrew and of Arabic. Marks of other scripts are letters of their own.
MARKS: Final = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]+"
)
# No text has so many in a row (UAX #15, 13), and putting marks in order takes quadratic time.
SIGNS: Final = re.compile(r"([^\w\s\x00-\x7f]{30})[^\w\s\x00-\x7f]+")
# Fractions, numbers in circles, trade marks: "3½" is not 31 of 2, "Name™" not NameTM.
APART: Final = re.compile("[¼-¾⅐-⅟↉①-⓿❶-➓㉑-㉟㊱-㊿™℠]")
# A raised number is a power ("10⁶" is no 106), or leads to a note; in a unit (m²) it is read along.
RAISED: Final = re.compile("[⁺⁻]?[⁰¹²³⁴-⁹]+")
UNIT: Final = re.compile(r"(?<![^\W_])[^\W\d_]{1,2}\Z")
CARET: Final = re.compile(r"(?<![^\W_])([^\W\d_]{1,2})\^(?=-?\d)")
OTHER_DIGIT: Final = re.compile("[^\\D0-9]")
# What has no decomposition, though people write it in several ways.
SAME: Final = {
    **dict.fromkeys("\u05be\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63", "-"),
    **dict.fromkeys("\u2018\u2019\u201b\u2032\u02bc", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f", '"'),
    **dict(zip("øłđðħŧıØŁĐÐĦŦ", "olddhtiOLDDHT", strict=True)),
    **dict(zip("æœþÆŒÞ", ("ae", "oe", "th", "AE", "OE", "TH"), strict=True)),
}
WRITTEN_OTHERWISE: Final = re.compile(f"[{''.join(SAME)}]")


def fold(text: str) -> str:
    """A text as it is matched: without case, accents, ligatures and what nobody sees."""
    return normalize(text).casefold()


def normalize(text: str) -> str:
    """The same with its case, which tells names and codes from words."""
    if not text.isascii():
        text = WRITTEN_OTHERWISE.sub(_same, text)
    if not text.isascii():  # more than dashes and quotes
        text = SIGNS.sub(r"\1", INVISIBLE.sub("", text))
        text = RAISED.sub(_lower, APART.sub(r" \g<0> ", text))
        text = MARKS.sub("", unicodedata.normalize("NFKD", text))
        text = WRITTEN_OTHERWISE.sub(_same, text)
        text = OTHER_DIGIT.sub(_digit, unicodedata.normalize("NFC", text))
    return CARET.sub(r"\1", text) if "^" in text else text


def _same(written: re.Match[str]) -> str:
    return SAME[written[0]]


def _lower(raised: re.Match[str]) -> str:
    """A power after a number, the exponent of a unit, or what leads to a note."""
    before = raised.string[max(raised.start() - 3, 0) : raised.start()]
    if before[-1:].isdigit():
        return f"^{raised[0]}"
    return raised[0] if UNIT.search(before) else f" {raised[0]}"


def _digit(digit: re.Match[str]) -> str:
    return str(unicodedata.decimal(digit[0]))
