"""The glyphs of a page, put together to words and lines as pdfium tells of them."""

import ctypes
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress, pairwise, repeat
from typing import Any, Final

import pypdfium2.raw as pdfium

from app.loaders.pdf.lines import ASKEW, Box, Line, Word, pieces

HIGH_HALVES, LOW_HALVES = range(0xD800, 0xDC00), range(0xDC00, 0xE000)
BULLETS: Final = (0xF0A7, 0xF0B7)  # where the fonts Symbol and Wingdings have them
HYPHENS_AT_LINE_END: Final = (0x02, 0xFFFE)  # what pdfium writes in its place
NO_LETTER: Final = (
    range(0x20),
    range(0x7F, 0xA0),
    range(0xD800, 0xF900),  # surrogates, and what every font uses as it likes
    range(0xFFFD, 0x10000),
    range(0xF0000, 0x110000),
)
SPACE, LINE_END, UNKNOWN, LINE_HYPHEN = " ", "\n", "\x00", "\x02"
SECOND_HALF: Final = "\x01"  # of a letter beyond U+FFFF, which pdfium gives as two (UTF-16)
MEANINGS: Final = (
    dict.fromkeys((0x09, 0x20, 0xA0, 0x3000), SPACE)
    | dict.fromkeys((0x0A, 0x0D), LINE_END)
    | dict.fromkeys(BULLETS, "•")
    | dict.fromkeys(HYPHENS_AT_LINE_END, LINE_HYPHEN)
)
LINE: Final = re.compile(r"[^\n\x02]*\x02|[^\n\x02]+")  # it ends where a hyphen ends one, too
WORD: Final = re.compile(r"[^ ]+")
NOTHING: Final = SPACE + UNKNOWN
STRAIGHT: Final = 0.1  # of a quarter: how far from its direction a line may run
LINE_END_MARK: Final = re.compile(LINE_HYPHEN)
FIRST_WIDE_LETTER: Final = "\u2e80"  # Chinese, Japanese and Korean may run from top to bottom


@dataclass(slots=True)
class DrawnText:
    """A page's lines, and how many of its glyphs tell their letter, and how many do not."""

    lines: list[Line] = field(default_factory=list)
    letters: int = 0
    unknown: int = 0


@lru_cache(maxsize=65_536)
def meaning_of(code: int) -> str:
    """The letter of a code; a space, the end of a line, or UNKNOWN where it has none."""
    if code in MEANINGS:
        return MEANINGS[code]
    return UNKNOWN if any(code in codes for codes in NO_LETTER) else chr(code)


def meanings(page: Any, names: Mapping[int, str]) -> str:
    """One character for each glyph of the page. `names` is for codes without a mapping."""
    numbers = range(page.count_chars())
    text = page.get_text_range()
    if len(text) == len(numbers):
        codes = list(map(ord, text))
    else:  # pdfium leaves some out of the text: a call for each glyph takes far longer
        codes = list(map(pdfium.FPDFText_GetUnicode, repeat(page.raw), numbers))
    errors = list(map(pdfium.FPDFText_HasUnicodeMapError, repeat(page.raw), numbers))
    found = list(map(meaning_of, codes))
    if len(text) != len(codes):
        _join_halves(codes, found)
    if 1 in errors:
        for number in compress(numbers, (error == 1 for error in errors)):
            # The code of what has no mapping is the one in its font.
            named = names.get(codes[number], "")
            found[number] = named if len(named) == 1 else UNKNOWN
    return "".join(found)


def _join_halves(codes: list[int], found: list[str]) -> None:
    for number, (high, low) in enumerate(pairwise(codes)):
        if high in HIGH_HALVES and low in LOW_HALVES:
            code = 0x10000 + ((high - HIGH_HALVES.start) << 10) + (low - LOW_HALVES.start)
            found[number : number + 2] = [meaning_of(code), SECOND_HALF]


def _words(line: str) -> str:
    return " ".join(
        line.replace(SECOND_HALF, "").replace(UNKNOWN, "").replace(LINE_HYPHEN, "-").split()
    )


class GlyphReader:
    """Reads the glyphs of one page.

    Those from `first_added` on are drawn by annotations. `names` has the letters of codes that the
    names of glyphs tell, where their font tells nothing else.
    """

    def __init__(self, page: Any, names: Mapping[int, str], first_added: int | None = None) -> None:
        self._page = page.raw
        self._meanings = meanings(page, names)
        self._first_added = len(self._meanings) if first_added is None else first_added
        self._rectangle = pdfium.FS_RECTF()
        self._at = ctypes.byref(self._rectangle)

    def read(self) -> DrawnText:
        """The lines, each with where it stands."""
        self._meanings = LINE_END_MARK.sub(self._ended, self._meanings)
        added, end = self._first_added, len(self._meanings)
        lines = [*self._lines(0, added, is_added=False), *self._lines(added, end, is_added=True)]
        unknown = self._meanings.count(UNKNOWN)
        no_letters = map(self._meanings.count, (UNKNOWN, SPACE, LINE_END, SECOND_HALF))
        letters = end - sum(no_letters)
        return DrawnText(lines, letters, unknown)

    def _ended(self, mark: re.Match[str]) -> str:
        return mark[0] if pdfium.FPDFText_IsHyphen(self._page, mark.start()) == 1 else UNKNOWN

    def _lines(self, start: int, end: int, *, is_added: bool) -> Iterator[Line]:
        for line in LINE.finditer(self._meanings, start, end):
            first = line.start() + len(line[0]) - len(line[0].lstrip(NOTHING))
            last = line.start() + len(line[0].rstrip(NOTHING)) - 1
            if first > last:
                continue
            quarters = self._quarters(first)
            if self._are_drawn_at_once(first, last):
                box = self._box(first).joined(self._box(last))
                yield Line(_words(line[0]), box, quarters, is_added)
            else:
                for words in self._rows(first, last, quarters):
                    yield from pieces(words, quarters, is_added=is_added)

    def _are_drawn_at_once(self, first: int, last: int) -> bool:
        """Whether one operator draws both, which has no gaps but those between words."""
        drawn = [pdfium.FPDFText_GetTextObject(self._page, number) for number in (first, last)]
        return all(drawn) and len({ctypes.addressof(one.contents) for one in drawn}) == 1

    def _rows(self, first: int, last: int, quarters: int) -> Iterator[list[Word]]:
        """The words of a line; pdfium sees no line end after a single letter."""
        row: list[Word] = []
        for found in WORD.finditer(self._meanings, first, last + 1):
            numbers = [at for at, letter in enumerate(found[0], found.start()) if letter != UNKNOWN]
            for number, word in enumerate(self._stacked(numbers, quarters)):
                if number:
                    yield row
                    row = []
                row.append(word)
        yield row

    def _stacked(self, numbers: list[int], quarters: int) -> Iterator[Word]:
        """The letters of a word, as several words where they stand below each other."""
        if not numbers:
            return
        box, last = self._box(numbers[0]), self._box(numbers[-1])
        if self._is_word(box, last, self._meanings[numbers[0]], quarters):
            yield Word(self._letters(numbers), box.joined(last))
            return
        boxes = [self._box(number) for number in numbers]
        upright = [box.turned(quarters) for box in boxes]
        start = 0
        for end in range(1, len(boxes) + 1):
            if end == len(boxes) or not upright[end - 1].is_level_with(upright[end]):
                box = boxes[start].joined(boxes[end - 1])
                yield Word(self._letters(numbers[start:end]), box)
                start = end

    def _is_word(self, first: Box, last: Box, letter: str, quarters: int) -> bool:
        if quarters == ASKEW or letter >= FIRST_WIDE_LETTER:
            return True
        return first.turned(quarters).is_level_with(last.turned(quarters))

    def _letters(self, numbers: list[int]) -> str:
        return _words("".join(self._meanings[number] for number in numbers))

    def _box(self, number: int) -> Box:
        pdfium.FPDFText_GetLooseCharBox(self._page, number, self._at)
        found = self._rectangle
        return Box(found.left, found.bottom, found.right, found.top)

    def _quarters(self, number: int) -> int:
        quarters = pdfium.FPDFText_GetCharAngle(self._page, number) / (math.pi / 2)
        if abs(quarters - round(quarters)) > STRAIGHT:
            return ASKEW
        return round(quarters) % 4 if quarters >= 0 else 0
