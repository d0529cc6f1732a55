"""What a loader gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A file's text and the title that it gives itself, if any.

    The text holds no NUL and no lone surrogate, and its lines end in a line feed alone.
    `page_starts` are offsets into it: where page 1, 2, … begins; empty for types without pages.
    """

    text: str
    title: str | None
    media_type: str
    page_starts: tuple[int, ...] = ()
