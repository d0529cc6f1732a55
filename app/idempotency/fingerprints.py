"""What a request is recognised by, however its client wrote the same body."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from python_multipart.multipart import MultipartParser, parse_options_header

from app.idempotency.constants import MAX_JSON_BYTES, MAX_PARTS

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

Chunks = Sequence[bytes]
Options = Mapping[bytes, bytes]

FORM: Final = b"multipart/form-data"
JSON: Final = b"application/json"
JSON_SUFFIX: Final = b"+json"


def fingerprint(request: tuple[object, ...], content_type: str, body: Chunks) -> bytes:
    """SHA-256 of a request: its body in a canonical form, and `request`, which is all the rest."""
    media_type, options = parse_options_header(content_type)
    identity = (request, media_type, _digest_body(media_type, options, body))
    return sha256(repr(identity).encode()).digest()


def _digest_body(media_type: bytes, options: Options, body: Chunks) -> bytes:
    """The digest of a canonical form, or of the bytes where the body cannot be parsed."""
    try:
        if media_type == JSON or media_type.endswith(JSON_SUFFIX):
            return _digest([_canonical_json(body)])
        if media_type == FORM:
            return _digest([_canonical_form(options, body)])
    except (ValueError, RecursionError):
        pass
    return _digest(body)


def _digest(chunks: Chunks) -> bytes:
    digest = sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.digest()


def _canonical_json(body: Chunks) -> bytes:
    """The value with sorted keys and no spaces, as FastAPI reads it; ValueError if it is none."""
    if sum(map(len, body)) > MAX_JSON_BYTES:
        raise ValueError
    value = json.loads(b"".join(body))
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _canonical_form(options: Options, body: Chunks) -> bytes:
    """The parts by name, whatever the boundary between them; ValueError if it is no form.

    Only parts of the same name keep their order: there it may mean something.
    """
    form = _Form()
    parser = MultipartParser(options.get(b"boundary", b""), form.callbacks)
    for chunk in body:
        parser.write(chunk)
    if not form.is_whole:
        raise ValueError
    parts = sorted((part.name, number, part.identity) for number, part in enumerate(form.parts))
    settings = sorted((name, value) for name, value in options.items() if name != b"boundary")
    return repr((settings, [(name, identity) for name, _, identity in parts])).encode()


class _Part:
    """One part of a form: its headers, and the digest of its content."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.content = sha256()

    @property
    def name(self) -> bytes:
        """The name of its field."""
        return self._disposition.get(b"name", b"")

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells it from other parts of its name; a file's own name is part of that."""
        content_type = self.headers.get(b"content-type")
        return (self._disposition.get(b"filename"), content_type, self.content.digest())

    @property
    def _disposition(self) -> Options:
        return parse_options_header(self.headers.get(b"content-disposition"))[1]


class _Form:
    """Takes in what the parser finds in a form."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.is_whole = False
        self._name = b""
        self._value = b""
        self.callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin_part,
            "on_header_field": self._add_to_name,
            "on_header_value": self._add_to_value,
            "on_header_end": self._end_header,
            "on_part_data": self._add_content,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        if len(self.parts) == MAX_PARTS:
            raise ValueError
        self.parts.append(_Part())

    def _add_to_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self.parts[-1].headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _add_content(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content.update(memoryview(data)[start:end])

    def _end(self) -> None:
        self.is_whole = True
