"""A text that is uploaded as JSON, read as it comes.

A parser takes a text whole: it holds the process up for as long, and many small values in place of
a text take twenty times their bytes. Here only what stands beside the text is left to a parser.
"""

import re
from codecs import getincrementaldecoder
from io import BytesIO
from typing import Final

from pydantic_core import from_json

from app.core.exceptions import PayloadTooLarge
from app.documents.constants import UPLOAD_OVERHEAD_BYTES

FIELD: Final = "text"
MAX_KEY_BYTES: Final = 100
# Bytes and whole escapes (RFC 8259, 7), the halves of a surrogate pair together; what is no escape
# is left to the parser.
WHOLE: Final = re.compile(
    rb"""(?:
        [^"\\]++
        | \\[^u]
        | \\u(?![dD][89abAB])[^"\\]{4}
        | \\u[^"\\]{4}(?:\\u[^"\\]{4}|(?=[^\\]|\\[^u]))
        | \\u(?=.{10})
    )*+""",
    re.DOTALL | re.VERBOSE,
)
NUL: Final = rb"\u0000"
NO_TEXT: Final = b"\xff"  # to the parser too


class TextTooLong(Exception):
    """The text has more bytes than it may."""


class TextBody:
    """Feed it the parts of a JSON object: it takes the text out, and leaves a word in its place."""

    def __init__(self, max_text_bytes: int) -> None:
        self._max_text_bytes = max_text_bytes
        self._others = bytearray()
        self._rest = b""  # an escape that is not whole
        # No bound method: that would keep the text until the garbage collector comes by.
        self._read = TextBody._read_structure
        self._depth = 0
        self._last = b""  # other than a blank, between two strings
        self._key = ""  # the last string of the object itself
        self._string_start = 0
        self._begin_text()

    def feed(self, data: bytes) -> None:
        """Takes the next part in; TextTooLong, or PayloadTooLarge for what is beside the text."""
        data, self._rest = self._rest + data, b""
        position = 0
        while position < len(data):
            position = self._read(self, data, position)
        if self._text.tell() > self._max_text_bytes:
            raise TextTooLong
        if len(self._others) > UPLOAD_OVERHEAD_BYTES:
            raise PayloadTooLarge

    def close(self) -> tuple[bytes, bytes]:
        """The text in UTF-8, and the object with a word in its place.

        A word that says what is wrong with the text, if anything is: a NUL, a blank, or what
        stands there and is no JSON.
        """
        return self._text.getvalue(), bytes(self._others + self._rest)

    def _begin_text(self) -> None:
        self._text = BytesIO()
        self._decoder = getincrementaldecoder("utf-8")()
        self._is_blank, self._has_nul = True, False
        self._broken: bytes | None = None

    def _read_structure(self, data: bytes, start: int) -> int:
        """What stands between two strings."""
        end = data.find(b'"', start)
        part = data[start:] if end < 0 else data[start:end]
        self._others += part
        self._depth += part.count(b"{") + part.count(b"[") - part.count(b"}") - part.count(b"]")
        self._last = part.rstrip()[-1:] or self._last
        if end < 0:
            return len(data)
        if self._depth == 1 and self._last == b":" and self._key == FIELD:
            self._begin_text()
            self._read = TextBody._read_text
        else:
            self._others += b'"'
            self._string_start = len(self._others)
            self._read = TextBody._read_string
        return end + 1

    def _read_string(self, data: bytes, start: int) -> int:
        """A string that is not the text: a key, or another value."""
        end = _end_of_whole(data, start)
        self._others += data[start:end]
        if not self._is_over(data, end):
            return len(data)
        if self._depth == 1:
            self._key = _decoded_key(self._others[self._string_start :])
        self._others += b'"'
        self._end_string()
        return end + 1

    def _read_text(self, data: bytes, start: int) -> int:
        end = _end_of_whole(data, start)
        is_over = self._is_over(data, end)
        if self._broken is None:
            self._add(data[start:end], is_last=is_over)
        if not is_over:
            return len(data)
        self._others += b'"%b"' % self._word
        self._end_string()
        return end + 1

    def _is_over(self, data: bytes, end: int) -> bool:
        if data[end : end + 1] == b'"':
            return True
        self._rest = data[end:]
        return False

    def _end_string(self) -> None:
        self._last, self._read = b"", TextBody._read_structure

    def _add(self, part: bytes, *, is_last: bool) -> None:
        written = NO_TEXT
        try:
            written = self._decoder.decode(part, is_last).encode()
            text: str = from_json(b'"%b"' % written, cache_strings="none")
        except ValueError:
            self._broken = written
            return
        self._text.write(text.encode())
        self._is_blank = self._is_blank and not text.strip()
        self._has_nul = self._has_nul or "\0" in text

    @property
    def _word(self) -> bytes:
        if self._broken is not None:
            return self._broken
        if self._has_nul:
            return NUL
        return b" " if self._is_blank else b"x"


def _end_of_whole(data: bytes, start: int) -> int:
    """Where a string ends, or what of it is whole."""
    match = WHOLE.match(data, start)
    assert match is not None
    return match.end()


def _decoded_key(key: bytearray) -> str:
    """A key may be written with escapes."""
    if b"\\" not in key:
        return key.decode(errors="replace")
    try:
        return str(from_json(b'"%b"' % bytes(key))) if len(key) <= MAX_KEY_BYTES else ""
    except ValueError:
        return ""
