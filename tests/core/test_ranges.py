"""Which bytes a request wants, and whether its client has them already (RFC 9110)."""

import pytest

from app.core.ranges import is_known, wanted_range

ETAG = '"abc"'


class TestWantedRange:
    @pytest.mark.parametrize(
        ("header", "wanted"),
        [
            ("bytes=0-3", range(4)),
            ("bytes=4-", range(4, 10)),
            ("bytes=-3", range(7, 10)),
            ("bytes=-30", range(10)),
            ("bytes=8-99", range(8, 10)),
            ("Bytes = 2 - 2", range(2, 3)),
        ],
    )
    def test_one_range(self, header: str, wanted: range) -> None:
        """One range of bytes is given, as far as there are bytes."""
        assert wanted_range({"range": header}, ETAG, 10) == wanted

    @pytest.mark.parametrize(
        "header", ["", "bytes=", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=0-1,4-5", "bytes=x-y"]
    )
    def test_passed_over(self, header: str) -> None:
        """Several ranges, and what is no range of bytes, are passed over: all is given."""
        assert wanted_range({"range": header}, ETAG, 10) is None

    @pytest.mark.parametrize(
        ("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
    )
    def test_beyond_the_end(self, header: str, size: int) -> None:
        """A range without a byte that is there is refused."""
        with pytest.raises(ValueError, match="beyond the end"):
            wanted_range({"range": header}, ETAG, size)

    def test_of_something_else(self) -> None:
        """A part of what has changed meanwhile is not wanted: all is given."""
        assert wanted_range({"range": "bytes=0-3", "if-range": ETAG}, ETAG, 10) == range(4)
        assert wanted_range({"range": "bytes=0-3", "if-range": '"old"'}, ETAG, 10) is None


class TestIsKnown:
    @pytest.mark.parametrize("header", [ETAG, f"W/{ETAG}", f'"x", {ETAG}', "*"])
    def test_known(self, header: str) -> None:
        """A client has what it names, whether strongly, weakly, among others, or at all."""
        assert is_known({"if-none-match": header}, ETAG)

    @pytest.mark.parametrize("headers", [{}, {"if-none-match": '"x"'}, {"if-none-match": "abc"}])
    def test_unknown(self, headers: dict[str, str]) -> None:
        """A client that names something else, or nothing, has it not."""
        assert not is_known(headers, ETAG)
