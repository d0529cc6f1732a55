"""What a loader gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A file's text and the title that it gives itself, if any; passages' offsets are into `text`.

    The text holds no NUL and no lone surrogate, and its lines end in a line feed alone.
    """

    text: str
    title: str | None
    media_type: str
