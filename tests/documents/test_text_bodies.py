"""A text that is uploaded as JSON, read as it comes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core.exceptions import PayloadTooLarge
from app.documents.constants import UPLOAD_OVERHEAD_BYTES
from app.documents.models import TextDocument
from app.documents.text_bodies import TextBody, TextTooLong

TEXTS = st.text(st.sampled_from('a"\\\n é🦆\ud83e\x00{}[]:,u')) | st.just("text")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(TEXTS, values, max_size=3),
    max_leaves=5,
)
DOCUMENTS = st.fixed_dictionaries(
    {"title": TEXTS, "text": TEXTS | VALUES},
    optional={"source": TEXTS, "metadata": VALUES, "other": VALUES},
)


def read(*parts: bytes) -> Any:
    """What a body in these parts says, or what is wrong with it."""
    body = TextBody(max_text_bytes=10_000)
    for part in parts:
        body.feed(part)
    text, others = body.close()
    return outcome(others, text)


def outcome(body: bytes, text: bytes | None = None) -> Any:
    """The document in a body, with this text if it has been taken out, or what is wrong with it."""
    try:
        document = TextDocument.model_validate_json(body)
    except ValidationError as error:
        return [(fault["loc"], fault["type"]) for fault in error.errors()]
    content = document.text.encode() if text is None else text
    return content, document.model_dump(exclude={"text"})


class TestTextBody:
    @given(
        document=DOCUMENTS,
        is_ascii=st.booleans(),
        indent=st.sampled_from([None, 1]),
        step=st.integers(1, 30),
        flip=st.none() | st.tuples(st.integers(0, 200), st.integers(0, 255)),
    )
    def test_like_a_parser(
        self,
        document: dict[str, Any],
        *,
        is_ascii: bool,
        indent: int | None,
        step: int,
        flip: tuple[int, int] | None,
    ) -> None:
        """Wherever it is cut, it says what it says to a parser, and what is wrong with it."""
        written = json.dumps(document, ensure_ascii=is_ascii, indent=indent)
        body = bytearray(written.encode("utf-8", "surrogatepass"))
        if flip is not None:  # here and there a byte is another
            body[flip[0] % len(body)] = flip[1]
        parts = [bytes(body[start : start + step]) for start in range(0, len(body), step)]
        assert read(*parts) == outcome(bytes(body))

    @pytest.mark.parametrize(
        "body",
        [
            rb'{"te\u0078t": "Ducks", "title": "t"}',
            b'{"text": "Geese", "title": "t", "text": "Ducks"}',
            b'{"text": {"text": "Geese"}, "title": "t", "text": "Ducks"}',
            b'{"title": "text", "text":"Ducks"}',
            b'\n{ "text"\n:\n"Ducks" , "title":"t" } \n',
        ],
        ids=["an escaped key", "twice", "within another", "a value of this name", "blanks"],
    )
    def test_where_the_text_is(self, body: bytes) -> None:
        """The text is found wherever it stands, and nowhere else."""
        assert read(body) == outcome(body)
        assert read(body)[0] == b"Ducks"

    def test_too_long(self) -> None:
        """A text of more bytes than it may have is refused as soon as it has."""
        with pytest.raises(TextTooLong):
            read(b'{"text": "' + b"x" * 10_001)

    @pytest.mark.parametrize("others", [b"[],", b'"text", ', b"x", b" "])
    def test_much_beside_the_text(self, others: bytes) -> None:
        """What stands beside the text is no more than a parser can do with."""
        beginning = b'{"metadata": [' + others * (UPLOAD_OVERHEAD_BYTES // len(others))
        with pytest.raises(PayloadTooLarge):
            read(beginning)
