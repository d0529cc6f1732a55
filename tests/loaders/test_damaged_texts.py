"""Bytes to text: what is damaged, cut off or no text."""

import pytest

from app.loaders.encodings import decode
from app.loaders.exceptions import UnreadableDocument
from tests.support.languages import (
    CHINESE,
    FRENCH,
    GERMAN,
    JAPANESE,
    KOREAN,
    RUSSIAN,
)


class TestDamaged:
    def test_broken_byte_costs_one_character(self) -> None:
        """A broken byte in a long text in UTF-8 costs one character, not the text."""
        assert decode(GERMAN.encode() + b"\xff" + GERMAN.encode()) == f"{GERMAN}\ufffd{GERMAN}"

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [(FRENCH, "cp1252"), (RUSSIAN, "cp1251"), (JAPANESE, "shift_jis"), (KOREAN, "euc_kr")],
    )
    def test_broken_byte_does_not_change_the_encoding(self, text: str, encoding: str) -> None:
        """A broken byte in a text in a legacy encoding costs it, and nothing else."""
        broken = {"cp1251": b"\x98", "euc_kr": b"\xff"}.get(encoding, b"\x81")
        assert decode(text.encode(encoding) + broken + b"\n" + text.encode(encoding)) == (
            f"{text}\ufffd\n{text}"
        )

    @pytest.mark.parametrize(
        ("text", "encoding"), [(JAPANESE, "shift_jis"), (CHINESE, "gb18030"), (KOREAN, "euc_kr")]
    )
    def test_text_that_is_cut_off_is_read(self, text: str, encoding: str) -> None:
        """Half a character at the end of a text costs that character."""
        assert decode(text[:20].encode(encoding)[:-1]).startswith(text[:19])

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
    def test_half_a_character_costs_that_character(self, encoding: str) -> None:
        """Half a character at the end of UTF-16 costs that character."""
        assert decode(GERMAN.encode(encoding)[:-1]) == f"{GERMAN[:-1]}\ufffd"

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
    @pytest.mark.parametrize("text", [RUSSIAN, JAPANESE.replace("。", "。\n")])
    def test_wide_text_without_a_mark_is_read(self, text: str, encoding: str) -> None:
        """UTF-16 and UTF-32 are read without a mark also where few bytes are NUL."""
        assert decode(text.encode(encoding)) == text

    @pytest.mark.parametrize(
        "text", ["\ufffd\ufffd\ufffd", "\ufffd, \ufffd\ufffd\n\n\ufffd\ufffd!"]
    )
    def test_text_of_replacement_characters_is_refused(self, text: str) -> None:
        """A text whose characters an earlier conversion lost is refused, with what to do."""
        with pytest.raises(UnreadableDocument, match="send the original"):
            decode(text.encode())

    def test_few_replacement_characters_are_kept(self) -> None:
        """A text that lost some characters is read."""
        assert decode("M\ufffdller in K\ufffdln".encode()) == "M\ufffdller in K\ufffdln"

    @pytest.mark.parametrize("data", [b"hello\x00world", "Grüße\x00!".encode(), bytes(1000)])
    def test_nul_characters_are_refused(self, data: bytes) -> None:
        """A file with NUL characters is refused, and they are named."""
        with pytest.raises(UnreadableDocument, match="it holds NUL characters"):
            decode(data)

    def test_nul_characters_in_marked_text_are_refused(self) -> None:
        """A file with NUL characters is refused also where a mark says that it is text."""
        with pytest.raises(UnreadableDocument, match="it holds NUL characters"):
            decode("\ufeffa\x00b".encode())

    def test_control_characters_are_refused(self) -> None:
        """A file of control characters is refused, although it decodes."""
        with pytest.raises(UnreadableDocument, match="full of control characters"):
            decode(b"\x01\x02abc\x03")

    def test_few_control_characters_are_kept(self) -> None:
        """A text with a control character among a hundred others is read as it is."""
        text = "a\x01" + "b" * 98
        assert decode(text.encode()) == text

    def test_bytes_in_no_encoding_are_refused(self) -> None:
        """Bytes that are in no encoding are refused with what to do."""
        with pytest.raises(UnreadableDocument, match="save it as UTF-8"):
            decode(bytes(range(1, 256)))
