"""Runs of text, and the signs in them that are elements (ECMA-376 part 1, 17.3.2 and 17.3.3)."""

from typing import Final

from app.loaders.docx.story import Story
from app.loaders.docx.styles import OF_RUNS, font_of
from app.loaders.docx.symbols import symbol
from app.loaders.docx.xml import Attributes, End, Start, attribute, is_on

MAX_HEX_DIGITS: Final = 6


class Text:
    """Reads runs."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._placeholders: list[bool] = []  # of the content controls that are open
        signs = {"w:noBreakHyphen": "-", "w:ptab": " ", "a:br": " "}
        breaks = ("w:br", "w:cr")
        self.starts: dict[str, Start] = {
            **dict.fromkeys(("w:t", "m:t", "a:t"), self._begin_text),
            **dict.fromkeys(("w:r", "m:r", "a:r"), self._begin_run),
            **{name: self._sign(text) for name, text in signs.items()},
            **dict.fromkeys(breaks, self._break),
            **{f"w:{name}": self._property(name) for name in (*OF_RUNS, "rStyle")},
            "w:tab": self._tab,
            "w:sym": self._symbol,
            "w:rPr": self._begin_properties,
            "w:rFonts": self._font,
            # The reading of a ruby text says its base again in another script.
            **dict.fromkeys(("w:rt", "w:rPrChange"), lambda _: True),
            "w:sdt": self._begin_control,
            "w:showingPlcHdr": self._placeholder,
            "w:sdtContent": self._begin_content,
        }
        self.ends: dict[str, End] = {
            **dict.fromkeys(("w:t", "m:t", "a:t"), self._end_text),
            **dict.fromkeys(("w:r", "m:r", "a:r"), self._end_run),
            "w:rPr": self._end_properties,
            "w:sdtContent": self._end_content,
            "w:sdt": self._end_control,
        }

    def _begin_text(self, _: Attributes) -> None:
        self._story.flow.sink = self._story.flow.write

    def _end_text(self) -> None:
        self._story.flow.sink = None

    def _begin_run(self, _: Attributes) -> None:
        self._story.flow.begin_run()
        self._story.flow.is_in_run = True

    def _end_run(self) -> None:
        self._story.flow.begin_run()
        self._story.flow.is_in_run = False

    def _sign(self, text: str) -> Start:
        return lambda _: self._story.flow.write(text)

    def _tab(self, _: Attributes) -> None:
        if self._story.flow.is_in_run:  # others are stops of the paragraph
            self._story.flow.write(" ")

    def _break(self, _: Attributes) -> None:
        self._story.flow.line_break()

    def _symbol(self, attributes: Attributes) -> None:
        code = attribute(attributes, "char")[:MAX_HEX_DIGITS]
        if all(digit in "0123456789abcdefABCDEF" for digit in code):
            flow = self._story.flow
            shown = symbol(attribute(attributes, "font"), int(code or "0", 16))
            flow.write_shown(shown)

    def _begin_properties(self, _: Attributes) -> None:
        flow = self._story.flow
        if flow.is_in_run:
            flow.run_properties = flow.run
        elif flow.is_in_paragraph_properties:
            flow.run_properties = flow.paragraph.mark

    def _end_properties(self) -> None:
        self._story.flow.run_properties = None

    def _property(self, name: str) -> Start:
        def note(attributes: Attributes) -> None:
            if (properties := self._story.flow.run_properties) is not None:
                properties[name] = attribute(attributes, "val")

        return note

    def _font(self, attributes: Attributes) -> None:
        properties = self._story.flow.run_properties
        if properties is not None and (font := font_of(attributes)):
            properties["font"] = font

    def _begin_control(self, _: Attributes) -> None:
        self._placeholders.append(False)

    def _placeholder(self, attributes: Attributes) -> None:
        """A grey "Click here to enter text" is a word of the program, not of the document."""
        if self._placeholders:
            self._placeholders[-1] = is_on(attribute(attributes, "val"))

    def _begin_content(self, _: Attributes) -> None:
        self._story.flow.muted += self._is_placeholder()

    def _end_content(self) -> None:
        self._story.flow.muted -= self._is_placeholder()

    def _is_placeholder(self) -> bool:
        return bool(self._placeholders) and self._placeholders[-1]

    def _end_control(self) -> None:
        if self._placeholders:
            self._placeholders.pop()
