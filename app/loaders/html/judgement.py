"""Parts of a page of which only their text tells whether they are content.

Their elements are kept until the part ends: buttons, notices that may ask for consent, and lists
in the margins that may be mere links.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from app.loaders.html.styles import PLAIN, Look
from app.loaders.html.visibility import MAX_NAME_CHARS, any_name

MAX_EVENTS: Final = 2_000
MAX_NOTICE_CHARS: Final = 3_000
MIN_WORDS: Final = 5  # of a button that is more than an action: "Accept all cookies" has three
MIN_LINKS: Final = 3
QUESTION: Final = ("?", "？", "؟", ";")
CONSENT: Final = re.compile(r"cookie|consent|gdpr|dsgvo|datenschutz|privacy", re.IGNORECASE)
CONTACT: Final = ("mailto:", "tel:")
NOTICE: Final = re.compile(
    r"(?:\S*[-_])?(?:banner|pop-?up|modal|overlay|notice|toast|snackbar|lightbox|alert|consent|cookies?"
    r"|gdpr|privacy)(?:[-_]\S*)?",
    re.IGNORECASE,
)
TELLING: Final = frozenset({"aria-modal", "class", "id", "role", "style"})
FIXED: Final = re.compile(r"position\s*:\s*(?:fixed|sticky)", re.IGNORECASE)
INPUT_ACTIONS: Final = frozenset({"submit", "button", "reset", "image"})
BLOCKS_IN_BUTTON: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "p"})


class Part(IntEnum):
    """What may be no content; a part is judged once more only by what stands above it here."""

    BUTTON = 0
    LINKS = 1
    NOTICE = 2


class Event(NamedTuple):
    """The start of an element with its attributes and look, its end, or text (no tag)."""

    tag: str | None
    attributes: Mapping[str, str] | None = None
    text: str = ""
    look: Look = PLAIN


@dataclass(slots=True)
class Judgement:
    """A part that is still read, and what it was found to hold."""

    part: Part
    heads_content: bool = False  # stands first in a heading: of a button only
    is_action: bool = False  # a button that sends a form
    events: list[Event] = field(default_factory=list)
    depth: int = 0
    links: int = 0
    actions: int = 0
    chars: int = 0
    chars_in_links: int = 0
    holds_blocks: bool = False
    _depth_of_link: int = 0

    def add(self, event: Event) -> bool:
        """Takes an event, and tells whether it was the last of the part."""
        self.events.append(event)
        if event.tag is None:
            self._count(event.text)
        elif event.attributes is not None:
            self.depth += 1
            self._start(event.tag, event.attributes)
        else:
            if self.depth == self._depth_of_link:
                self._depth_of_link = 0
            self.depth -= 1
        return not self.depth

    @property
    def is_too_long(self) -> bool:
        """Whether it is content for its length alone."""
        return len(self.events) > MAX_EVENTS or (
            self.part != Part.LINKS and self.chars > MAX_NOTICE_CHARS
        )

    def is_content(self) -> bool:
        """Whether the part, now that all of it was read, is content."""
        if self.part == Part.BUTTON:
            return self._is_content_button()
        if self.part == Part.LINKS:
            return self.links < MIN_LINKS or self.chars_in_links < 0.9 * self.chars
        return not (self.actions and CONSENT.search(self.text()))

    def text(self) -> str:
        """The text of the part."""
        return " ".join("".join(event.text for event in self.events).split())

    def _is_content_button(self) -> bool:
        if self.heads_content:
            return True
        if self.is_action:
            return False
        text = self.text()
        return self.holds_blocks or text.endswith(QUESTION) or len(text.split()) >= MIN_WORDS

    def _count(self, text: str) -> None:
        chars = len(text.strip())
        self.chars += chars
        if self._depth_of_link:
            self.chars_in_links += chars

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if is_button(tag, attributes):
            self.actions += 1
        elif tag == "a" and not attributes.get("href", "").startswith(CONTACT):
            self.links += 1
            self._depth_of_link = self._depth_of_link or self.depth
        elif tag in BLOCKS_IN_BUTTON:
            self.holds_blocks = True


def is_button(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether an element is pressed for what it does."""
    if tag == "input":
        return attributes.get("type", "").lower() in INPUT_ACTIONS
    return (
        tag == "button"
        or attributes.get("role") == "button"
        or (tag == "a" and "btn" in attributes.get("class", ""))
    )


def is_notice(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether an element looks like one that is laid over the page."""
    if tag != "dialog" and TELLING.isdisjoint(attributes):
        return False
    return (
        tag == "dialog"
        or attributes.get("role") in {"dialog", "alertdialog"}
        or "aria-modal" in attributes
        or FIXED.search(attributes.get("style", "")) is not None
        or any_name(NOTICE, attributes.get("class", "")[:MAX_NAME_CHARS])
        or any_name(NOTICE, attributes.get("id", "")[:MAX_NAME_CHARS])
    )
