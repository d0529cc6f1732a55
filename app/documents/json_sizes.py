"""How much a JSON holds, told before it is read."""

from typing import Any, Final

from app.core.exceptions import BadRequest

MOST_VALUES: Final = 1_000  # of an upload: fifty entries of metadata, and a few fields
STEP: Final = 2**16  # bytes; an even number, so that no escaped backslash is cut
STRUCTURE: Final = (b"[", b"{", b",", b":")


def require_few_values(json: Any) -> Any:
    """The same JSON; raises BadRequest where it holds too many values."""
    encoded = json.encode(errors="replace") if isinstance(json, str) else json
    if isinstance(encoded, bytes) and not has_few_values(encoded, MOST_VALUES):
        raise BadRequest("This JSON holds too many values: a text and its metadata are few.")
    return json


def has_few_values(json: bytes, most: int) -> bool:
    """Whether a JSON has at most about so many values.

    A megabyte of empty lists takes half a second to read and a hundred times its memory, and no
    other thread runs meanwhile: they are counted first, some bytes at a time.
    """
    count, start, is_string = 0, 0, False
    while start < len(json) and count <= most:
        part = json[start : start + STEP]
        part = part.rstrip(b"\\") or part  # what a backslash escapes stays with it
        start += len(part)
        plain = part.replace(rb"\\", b"").replace(rb"\"", b"")
        for number, text in enumerate(plain.split(b'"')):
            is_string ^= number > 0
            if not is_string:
                count += sum(map(text.count, STRUCTURE))
    return count <= most
