"""The chunks of an answer out of its bytes, however they are wrapped."""

import json
import sys
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import Any, Final

import orjson
from pydantic_core import from_json

Json = dict[str, Any]

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
BLANK: Final = (b"\n", b"\r\n", b"\r")
DATA: Final = b"data:"
EVENT: Final = b"event:"
ERROR: Final = b"error:"  # of llama.cpp until 2025: no field of server-sent events
END: Final = b"[DONE]"
UNNAMED: Final = (b"", b"message")


class ChunkReader:
    """Reads JSON objects out of server-sent events (WHATWG HTML, 9.2), lines of JSON, or one JSON.

    JSON on one data line is read at once: nothing that follows could make it other JSON. What is
    JSON and no object is passed over; what is no JSON is broken, and ends the answer. An event, or
    a JSON, of more than `max_bytes` ends it as well, with what there is of it.
    """

    def __init__(self, max_bytes: int = sys.maxsize) -> None:
        self.is_too_long = False
        self._max_bytes = max_bytes
        self._held = 0  # bytes of `_data` and `_json`
        self.has_ended = False  # nothing of what follows belongs to the answer
        self.is_broken = False
        self.is_cut = False  # in the middle of an event
        self.is_lenient = False  # some of it is JSON, but not such as orjson takes
        self._at_beginning = True
        self._is_closing = False
        self._rest = bytearray()  # a line that has not ended
        self._event = b""  # the name of an event, if it has one
        self._data: list[bytes] = []  # of an event whose first line alone is no JSON
        self._json: list[bytes] = []  # of a body that is no event stream

    def feed(self, data: bytes) -> list[Json]:
        """The objects that `data` completes, wherever the network cut the response."""
        chunks: list[Json] = []
        for line in self._lines(data):
            if self.has_ended:
                break
            if line.startswith(DATA) and not self._event and not self._data and not self._json:
                try:
                    chunk = orjson.loads(line[5:])
                except orjson.JSONDecodeError:
                    chunks += self._begin(line)
                else:
                    if isinstance(chunk, dict):
                        chunks.append(chunk)
            elif line not in BLANK or self._event or self._data:
                chunks += self._read(line)
        if self._held + len(self._rest) > self._max_bytes and not self.has_ended:
            chunks += self._break_off()
        return chunks

    def close(self) -> list[Json]:
        """The objects in what has no end of its line or of its event, once nothing follows."""
        self._is_closing = True
        chunks = self.feed(b"\n\n")
        return chunks if self.has_ended else chunks + self._end_json()

    def _lines(self, data: bytes) -> list[bytes]:
        """The lines that have ended; one that CR ends is held back while an LF may follow."""
        if self._rest or self._at_beginning:
            self._rest += data
            if b"\n" not in data and b"\r" not in data:  # long lines come in many parts
                return []
            data = bytes(self._rest)
            self._rest.clear()
            if self._at_beginning:
                data = data.removeprefix(BYTE_ORDER_MARK)
                self._at_beginning = False
        lines = data.splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            self._rest += lines.pop()
        return lines

    def _read(self, line: bytes) -> list[Json]:
        """Any line but a data line that is an event by itself."""
        if line.startswith(DATA):
            if not self._data:
                return self._end_json() + self._begin(line)
            self._hold(self._data, _value(line))
        elif self._json:
            self._hold(self._json, line)
        elif line in BLANK:
            return self._end_event()
        elif line.startswith(EVENT):
            self._event = _value(line)
        elif line.startswith(ERROR):
            return [{"error": self._read_error(_value(line))}]
        elif not self._data and line.lstrip().startswith((b"{", b"[")):
            return self._read_json(line)
        return []

    def _begin(self, line: bytes) -> list[Json]:
        """The first data line of an event: more lines may belong to it."""
        value = _value(line)
        if value.strip() == END:
            self.has_ended = True
        elif value:
            try:
                return self._objects(value)
            except ValueError:
                self._hold(self._data, value)
        return []

    def _end_event(self) -> list[Json]:
        text = b"\n".join(self._data)
        try:
            return self._objects(text) if text else []
        except ValueError:
            return self._read_words(text)
        finally:
            self._event, self._data, self._held = b"", [], 0

    def _read_words(self, text: bytes) -> list[Json]:
        """What is no JSON: an error in words, a gateway's own event, or a fault."""
        if self._event == b"error":
            return [{"error": text.decode(errors="replace")}]
        if self._event in UNNAMED or text.startswith(b"{"):
            self.has_ended = True
            self.is_cut, self.is_broken = self._is_closing, not self._is_closing
        return []

    def _read_json(self, line: bytes) -> list[Json]:
        """A line of JSON, or the first one of a body."""
        if line.strip() == END:
            self.has_ended = True
            return []
        try:
            return self._objects(line)
        except ValueError:
            self._hold(self._json, line)
            return []

    def _end_json(self) -> list[Json]:
        """The objects of a body that is no event stream; one may follow it."""
        text = b"".join(self._json)
        self._json, self._held = [], 0
        try:
            return self._objects(text) if text else []
        except ValueError:
            return []

    def _hold(self, lines: list[bytes], line: bytes) -> None:
        lines.append(line)
        self._held += len(line) + 1

    def _break_off(self) -> list[Json]:
        """The objects in the beginning of an event, or of a JSON, that is too long."""
        self.is_too_long = self.has_ended = True
        rest = bytes(self._rest)
        if self._data or rest.startswith(DATA):
            text = b"\n".join([*self._data, _value(rest)])
        else:
            text = b"".join([*self._json, rest])
        with suppress(ValueError):
            return _dicts(_load_beginning(text))
        return []

    def _objects(self, text: bytes) -> list[Json]:
        """The object that a JSON is, or those that it lists; a ValueError where it is none."""
        value = self._load(text)
        if self._event == b"error":
            error = value.get("error") if isinstance(value, dict) else None
            return [{"error": error or value or "error"}]
        return _dicts(value)

    def _read_error(self, text: bytes) -> Any:
        try:
            return self._load(text) or "error"
        except ValueError:
            return text.decode(errors="replace") or "error"

    def _load(self, text: bytes) -> Any:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            value = _load_patiently(text)
            self.is_lenient = True
            return value


def _dicts(value: Any) -> list[Json]:
    values = value if isinstance(value, list) else [value]
    return [value for value in values if isinstance(value, dict)]


def _load_beginning(text: bytes) -> Any:
    """What the beginning of a JSON holds, a string without its end too."""
    whole_characters = getincrementaldecoder("utf-8")("replace").decode(text)
    return from_json(whole_characters, allow_partial="trailing-strings")


def _value(line: bytes) -> bytes:
    """The value of a field: one space after the colon is no part of it."""
    return line.partition(b":")[2].rstrip(b"\r\n").removeprefix(b" ")


def _load_patiently(text: bytes) -> Any:
    """JSON as WHATWG decodes it, with what orjson refuses.

    That is NaN, halves of surrogate pairs, and tabs that are not escaped.
    """
    try:
        return json.loads(text.decode(errors="replace"), parse_int=float, strict=False)
    except RecursionError as error:
        raise ValueError from error
