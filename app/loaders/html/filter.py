"""Leaves out the parts of a page of which their text tells that they are no content."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from app.loaders.html.content import Content
from app.loaders.html.judgement import Event, Judgement, Part, is_notice
from app.loaders.html.styles import PLAIN, Look
from app.loaders.html.visibility import ALWAYS_SHOWN, MAX_NAME_CHARS, any_name, is_toggle

HEADS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt", "legend", "caption"})
MARGINS: Final = frozenset({"header", "footer", "aside"})
MARGIN_NAMES: Final = re.compile(
    r"(?:\S*[-_])?(?:side-?bar|toc|table-of-contents|related|sphinxsidebar|footer-links)",
    re.IGNORECASE,
)
MAIN: Final = frozenset({"main", "article"})
LISTS: Final = frozenset({"ul", "ol"})
SENDS: Final = frozenset({"submit", "reset"})
ALL_PARTS: Final = len(Part)


class ContentFilter:
    """Passes on to the content what is content; what may not be any is kept until it ends."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._judged: Judgement | None = None
        self._judged_parts: int = ALL_PARTS  # only what stands below this is judged
        self._open: list[str] = []
        self._within: Counter[str] = Counter()
        self._head_has_text = False

    def start(self, tag: str, attributes: Mapping[str, str], look: Look = PLAIN) -> None:
        """An element begins."""
        self._feed(Event(tag, attributes, look=look))

    def end(self) -> None:
        """The element that began last ends."""
        if self._judged:
            self._feed(Event("end"))
        else:
            self._pass_end()

    def data(self, text: str) -> None:
        """Text."""
        if self._judged:
            self._feed(Event(None, text=text))
        else:
            self._pass_text(text)

    def close(self) -> None:
        """What has not ended is content."""
        while self._judged:
            self._keep(self._judged)

    def _feed(self, event: Event) -> None:
        if self._judged and self._is_notice(event):
            self._keep(self._judged)  # the innermost notice is judged
        if self._judged is None:
            self._judged = self._begin_judgement(event)
            if self._judged is None:
                self._pass(event)
                return
        self._record(self._judged, event)

    def _record(self, judged: Judgement, event: Event) -> None:
        is_whole = judged.add(event)
        if judged.is_too_long or (is_whole and judged.is_content()):
            self._keep(judged)
        elif is_whole:
            self._judged = None

    def _keep(self, judged: Judgement) -> None:
        """Passes on what was kept, of which only smaller parts are judged once more."""
        before, self._judged_parts = self._judged_parts, judged.part
        self._judged = None
        for event in judged.events:
            self._feed(event)
        self._judged_parts = before

    def _is_notice(self, event: Event) -> bool:
        return (
            self._judged_parts > Part.NOTICE
            and bool(event.attributes)
            and event.tag not in ALWAYS_SHOWN
            and is_notice(event.tag or "", event.attributes or {})
        )

    def _begin_judgement(self, event: Event) -> Judgement | None:
        tag, attributes = event.tag, event.attributes
        if tag is None or attributes is None:
            return None
        if self._is_notice(event):
            return Judgement(Part.NOTICE)
        if self._judged_parts > Part.LINKS and tag in LISTS and self._within["margin"]:
            return Judgement(Part.LINKS)
        if self._judged_parts > Part.BUTTON and _is_doubtful_button(tag, attributes):
            kind = attributes.get("type", "submit" if self._within["form"] else "").lower()
            leads = bool(self._within["head"]) and not self._head_has_text
            return Judgement(Part.BUTTON, heads_content=leads, is_action=kind in SENDS)
        return None

    def _pass(self, event: Event) -> None:
        if event.tag is None:
            self._pass_text(event.text)
        elif event.attributes is None:
            self._pass_end()
        else:
            around = self._around(event.tag, event.attributes)
            if around:
                self._within[around] += 1
            self._open.append(around)
            self._content.start(event.tag, event.attributes, event.look)

    def _pass_end(self) -> None:
        around = self._open.pop()
        if around:
            self._within[around] -= 1
        self._content.end()

    def _pass_text(self, text: str) -> None:
        # The number of a heading is no text that a button could stand behind.
        self._head_has_text = self._head_has_text or any(map(str.isalpha, text))
        self._content.data(text)

    def _around(self, tag: str, attributes: Mapping[str, str]) -> str:
        """What the element is to those within it, if anything."""
        if tag in HEADS:
            self._head_has_text = False
            return "head"
        if tag in MAIN:
            return "main"
        if tag == "form":
            return "form"
        is_margin = tag in MARGINS and not self._within["main"]
        if is_margin or (
            "class" in attributes and any_name(MARGIN_NAMES, attributes["class"][:MAX_NAME_CHARS])
        ):
            return "margin"
        return ""


def _is_doubtful_button(tag: str, attributes: Mapping[str, str]) -> bool:
    if tag != "button" and attributes.get("role") != "button":
        return False
    return tag not in HEADS and tag not in {"a", "input"} and not is_toggle(attributes)
