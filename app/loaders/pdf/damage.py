"""What of a page's drawing is damaged: what is made to show pages passes over that in silence."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pypdf.errors import LimitReachedError
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from app.loaders.pdf.effort import DRAWN_AT_ONCE, ENTRY, Effort
from app.loaders.pdf.pages import PageObjects, array, dictionary, is_missing, resolve
from app.loaders.pdf.streams import DamagedStream, unpack

NESTED_FORMS: Final = 100
MAX_SHOWN_BYTES: Final = 4_000_000  # text of a page: pdfium takes up to 270 bytes for each of them
# PDF 1.7, 7.2.3 and 7.3.4: comments, strings, hexadecimal strings and arrays; 8.9.7 and 9.4.1
MARK: Final = re.compile(
    rb"%[^\r\n]*|[(\[\]<>]|(?<![^\s\])>])(?:BT|ET|ID)(?![^\s\[(/<%])", re.DOTALL
)
PLAIN_STRING: Final = re.compile(rb"\([^()\\]*+(?:\\.[^()\\]*+)*+\)", re.DOTALL)
SHOWN: Final = re.compile(PLAIN_STRING.pattern + rb"|<[\s0-9A-Fa-f]*+>", re.DOTALL)
IN_STRING: Final = re.compile(rb"[()\\]")
IMAGE_END: Final = re.compile(rb"\sEI(?!\S)")
FONT_CHOSEN: Final = re.compile(rb"/([^\s/\[\](){}<>%]+)\s+[-+.\d]+\s+Tf\b")
FORM_DRAWN: Final = re.compile(rb"/([^\s/\[\](){}<>%]+)\s+Do\b")
PAIRS: Final = ((b"(", b")"), (b"[", b"]"), (b"<", b">"), (b"BT", b"ET"), (b"BI", b"EI"))
BRACKETS: Final = {b"[": 1, b"<": 1, b"]": -1, b">": -1}


class Damage(IntEnum):
    """How much of a page is lost: nothing, a part, or all, where no letter is certain."""

    NONE = 0
    PART = 1
    ALL = 2


@dataclass(slots=True)
class _Form:
    """What is drawn by its name: its damage, and how many bytes are drawn with all within it."""

    damage: Damage = Damage.NONE
    drawn: int = 0


class Inspector:
    """Looks for damage, page by page; what several pages share is looked at once.

    Raises LimitReachedError where the pages draw too much: one form in another, twice in each, are
    a million after twenty of them.
    """

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._forms: dict[tuple[int, int], _Form] = {}

    def damage(self, objects: PageObjects) -> Damage:
        """How much of the page is lost."""
        contents = resolve(objects.page.get("/Contents"))
        if contents is None:
            return Damage.ALL if is_missing(objects.page.get("/Contents")) else Damage.NONE
        streams = contents if isinstance(contents, ArrayObject) else [contents]
        page = self._inspect(streams, objects.resources, 0)
        self._effort.spend(page.drawn // DRAWN_AT_ONCE)
        return Damage.ALL if is_missing(objects.page.get("/Resources")) else page.damage

    def spend(self, drawings: Iterable[object]) -> None:
        """Counts what is drawn on top of a page."""
        forms = (self._form(drawing, None, 0) for drawing in drawings)
        self._effort.spend(sum(form.drawn for form in forms) // DRAWN_AT_ONCE)

    def _inspect(self, streams: Iterable[object], resources: object, depth: int) -> _Form:
        """The damage of a drawing, of which that of a form in it is only a part."""
        found = _Form()
        try:
            drawing, is_whole = self._unpack(streams)
        except DamagedStream:
            found.damage, drawing = Damage.ALL, b""
        else:
            found.damage = self._damage_of(drawing, resources, is_whole=is_whole)
        found.drawn = len(drawing)
        times = Counter(FORM_DRAWN.findall(drawing))
        forms = dictionary(resources, "/XObject")
        self._effort.spend(ENTRY * len(forms))
        for name in forms:
            form = self._form(resolve(forms.get(name)), resources, depth)
            found.damage = max(found.damage, min(form.damage, Damage.PART))
            found.drawn += form.drawn * times[name[1:].encode("latin-1", "replace")]
        return found

    def _form(self, form: object, outer: object, depth: int) -> _Form:
        if not isinstance(form, StreamObject):
            return _Form(Damage.PART)
        if form.get("/Subtype", "/Form") != "/Form":
            return _Form()
        if depth == NESTED_FORMS:
            raise LimitReachedError
        resources = resolve(form.get("/Resources")) or outer
        key = id(form), id(resources)
        if key not in self._forms:
            self._forms[key] = _Form()  # one that draws itself is looked at once
            self._forms[key] = self._inspect([form], resources, depth + 1)
        return self._forms[key]

    def _unpack(self, streams: Iterable[object]) -> tuple[bytes, bool]:
        drawn, is_whole = [], True
        for stream in map(resolve, streams):
            if not isinstance(stream, StreamObject):
                raise DamagedStream
            data, is_stream_whole = unpack(stream)
            self._effort.spend(ENTRY + len(data))
            drawn.append(data)
            is_whole = is_whole and is_stream_whole
        return b"\n".join(drawn), is_whole

    def _damage_of(self, drawing: bytes, resources: object, *, is_whole: bool) -> Damage:
        _check_length(drawing)
        self._effort.spend(ENTRY * len(dictionary(resources, "/Font")))
        if _broken_fonts(resources) & set(FONT_CHOSEN.findall(drawing)):
            return Damage.ALL
        return Damage.NONE if is_whole and ends_well(drawing) else Damage.PART


def _check_length(drawing: bytes) -> None:
    if len(drawing) > MAX_SHOWN_BYTES < len(drawing) - len(SHOWN.sub(b"", drawing)):
        raise LimitReachedError


def _broken_fonts(resources: object) -> set[bytes]:
    fonts = dictionary(resources, "/Font")
    return {name[1:].encode("latin-1", "replace") for name in fonts if _is_broken(fonts.get(name))}


def _is_broken(entry: object) -> bool:
    font = resolve(entry)
    if not isinstance(font, DictionaryObject):
        return True
    descendants = array(font, "/DescendantFonts")
    return font.get("/Subtype") == "/Type0" and not any(map(resolve, descendants))


def ends_well(drawing: bytes) -> bool:
    """Whether every string, array, image and text that a content stream begins also ends."""
    # Nearly every page is right by one of these, which are quicker than reading it.
    if _is_balanced(drawing) or _is_balanced(PLAIN_STRING.sub(b"", drawing)):
        return True
    position = depth = 0
    is_in_text = False
    while mark := MARK.search(drawing, position):
        position = mark.end()
        if mark[0] == b"(":
            position = _string_end(drawing, position)
        elif mark[0] == b"ID":
            position = end.end() if (end := IMAGE_END.search(drawing, position)) else -1
        elif mark[0] in {b"BT", b"ET"}:
            is_in_text = mark[0] == b"BT"
        depth = max(0, depth + BRACKETS.get(mark[0], 0))
        if position < 0:
            return False
    return depth == 0 and not is_in_text


def _is_balanced(drawing: bytes) -> bool:
    return all(drawing.count(opening) == drawing.count(closing) for opening, closing in PAIRS)


def _string_end(drawing: bytes, position: int) -> int:
    depth = 1
    while mark := IN_STRING.search(drawing, position):
        position = mark.end()
        if mark[0] == b"\\":
            position += 1
        else:
            depth += 1 if mark[0] == b"(" else -1
        if not depth:
            return position
    return -1
