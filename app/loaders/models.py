"""What a loader gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A file's text and the title that it gives itself, if any.

    The text holds no NUL and no lone surrogate; a line ends in a line feed, or in CR LF as it came.
    `page_starts` are offsets into it: where page 1, 2, … begins; empty for types without pages.
    `fault` says, in a sentence for its owner, what of the file could not be read.
    """

    text: str
    title: str | None
    media_type: str
    page_starts: tuple[int, ...] = ()
    fault: str | None = None
