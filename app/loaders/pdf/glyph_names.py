"""The letters that the names of glyphs tell, for fonts of which pdfium does not look at the names.

These are of Type 3: their glyphs are drawings, such as those of plots. pdfium tells the code of a
glyph that it has no letter for, and not its font: a code counts where all such fonts agree on it.
"""

import re
import sys
from collections.abc import Iterator
from typing import Final

# pypdf keeps Adobe's list of names there, and shows it nowhere else.
from pypdf._codecs import adobe_glyphs
from pypdf.generic import DictionaryObject

from app.loaders.pdf.effort import ENTRY, Effort
from app.loaders.pdf.pages import array, dictionary, resolve

NESTED_FORMS: Final = 16
CODES: Final = range(256)
UNICODE_NAME: Final = re.compile(r"/u(?:ni)?([0-9A-F]{4,6})")
NUMBER_NAME: Final = re.compile(r"/a\d+")
NO_GLYPH: Final = "/.notdef"
NO_LETTER: Final = ""


class GlyphNames:
    """Finds the named glyphs of pages; what several pages share is looked at once."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._known: dict[int, dict[int, str]] = {}
        self._fonts: dict[int, dict[int, str]] = {}

    def letters(self, resources: object, depth: int = 0) -> dict[int, str]:
        """The letters of the codes in the fonts of a page and of the drawings within it."""
        if not isinstance(resources, DictionaryObject) or depth > NESTED_FORMS:
            return {}
        if id(resources) not in self._known:
            self._known[id(resources)] = {}  # what draws itself is looked at once
            letters: dict[int, str] = {}
            for found in self._found(resources, depth):
                for code, letter in found.items():
                    letters[code] = letter if letters.get(code, letter) == letter else NO_LETTER
            self._known[id(resources)] = letters
        return self._known[id(resources)]

    def _found(self, resources: DictionaryObject, depth: int) -> Iterator[dict[int, str]]:
        fonts = dictionary(resources, "/Font")
        forms = dictionary(resources, "/XObject")
        self._effort.spend(ENTRY * (len(fonts) + len(forms)))
        yield from (self._of_font(resolve(fonts.get(name))) for name in fonts)
        for name in forms:
            form = resolve(forms.get(name))
            if isinstance(form, DictionaryObject) and form.get("/Subtype") == "/Form":
                yield self.letters(resolve(form.get("/Resources")), depth + 1)

    def _of_font(self, font: object) -> dict[int, str]:
        if id(font) not in self._fonts:
            self._fonts[id(font)] = letters_of_font(font)
        return self._fonts[id(font)]


def letters_of_font(font: object) -> dict[int, str]:
    """The letters of a font whose glyphs only their names tell; no letter where none is known."""
    if not isinstance(font, DictionaryObject) or "/ToUnicode" in font:
        return {}
    if font.get("/Subtype") == "/Type0":  # its codes are beyond telling, and may be any
        return dict.fromkeys(CODES, NO_LETTER)
    is_drawn = font.get("/Subtype") == "/Type3"
    letters: dict[int, str] = {}
    code = 0
    for entry in map(resolve, array(dictionary(font, "/Encoding"), "/Differences")):
        if isinstance(entry, int):
            code = int(entry)
        elif code in CODES:
            letter = _letter(str(entry), code)
            if is_drawn or not letter:  # of the others pdfium knows the names itself
                letters[code] = letter
            code += 1
    return letters


def _letter(name: str, code: int) -> str:
    if name == NO_GLYPH:
        return NO_LETTER
    if found := UNICODE_NAME.fullmatch(name):
        value = int(found[1], 16)
        return chr(value) if value <= sys.maxunicode else NO_LETTER
    if NUMBER_NAME.fullmatch(name):  # a mere number, unless it is that of the letter, as TeX has it
        return chr(code) if name == f"/a{code}" else NO_LETTER
    return str(adobe_glyphs.get(name, NO_LETTER))
