"""What is a key, and which are the same."""

import pytest

from app.idempotency.exceptions import InvalidIdempotencyKey
from app.idempotency.keys import parse_key


class TestParseKey:
    @pytest.mark.parametrize(
        ("given", "key"),
        [
            ("abc", "abc"),
            ('"abc"', "abc"),
            (' "abc"\t', "abc"),
            ('a"b', 'a"b'),
            (r'"a\"b"', 'a"b'),
            (r'"a\\b"', r"a\b"),
            (r"a\b", r"a\b"),
            ("~" * 255, "~" * 255),
            (f'"{"~" * 255}"', "~" * 255),
            ("a,b;c=1", "a,b;c=1"),
        ],
    )
    def test_same(self, given: str, key: str) -> None:
        """A key is the same with the quotes of RFC 9651 and without."""
        assert parse_key([given]) == key

    @pytest.mark.parametrize(
        "given",
        ["", " ", '""', '"', '"abc', '"abc"d', r'"a\b"', "a b", '"a b"', "é", "a\x7f", "x" * 256],
    )
    def test_refused(self, given: str) -> None:
        """What is empty, too long, cut, or not of visible ASCII is no key."""
        with pytest.raises(InvalidIdempotencyKey):
            parse_key([given])

    def test_two(self) -> None:
        """Of two keys none is the key."""
        with pytest.raises(InvalidIdempotencyKey):
            parse_key(["a", "b"])
