"""Bytes to text, whatever the encoding."""

import codecs
import re
from collections.abc import Iterator
from typing import Final

from app.loaders.encoding_guess import CONTROL, guess, is_believable, mend
from app.loaders.exceptions import UnreadableDocument

__all__ = ["BYTE_ORDER_MARKS", "CONTROL", "decode"]

# UTF-32 comes before UTF-16: its little-endian mark begins with that of UTF-16.
BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Python also knows codecs that are no encodings of text, and one (punycode) takes quadratic time.
FOR_TEXT: Final = re.compile(r"(?:utf-8|ascii|iso|cp|koi8|gb|big5|euc|shift|tis|mac)[\w-]*")
# What a label means in practice: https://encoding.spec.whatwg.org/#names-and-labels
SUPERSETS: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
SHIFT_SEQUENCES: Final = (b"\x1b$", b"\x1b(")  # of ISO 2022, which is otherwise plain ASCII
WIDE_HEAD_BYTES: Final = 65_536  # whole characters of two or of four bytes
NUL_CHARACTERS: Final = "This is not text: it holds NUL characters."
UNKNOWN_ENCODING: Final = "The encoding of this text cannot be recognised: save it as UTF-8."
CHARACTERS_LOST: Final = (
    "The characters of this text were lost when it was converted before: send the original."
)


def decode(data: bytes, declared: str | None = None) -> str:
    """The text, by byte order mark, UTF-8, the declared encoding or a guess, in this order.

    Raises UnreadableDocument for what is not text.
    """
    text = _decode_marked(data)
    if text is None:
        text = _decode_unmarked(data, declared)
    if "\x00" in text:
        raise UnreadableDocument(NUL_CHARACTERS)
    if len(CONTROL.findall(text)) * 100 > len(text):
        raise UnreadableDocument("This is not text: it is full of control characters.")
    if _is_lost(text):
        raise UnreadableDocument(CHARACTERS_LOST)
    return text


def _decode_marked(data: bytes) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return None


def _decode_unmarked(data: bytes, declared: str | None) -> str:
    if b"\x00" in data:
        return _decode_wide(data)
    for encoding in _candidates(data, declared):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    text = mend(data, "utf-8") or guess(data)
    if text is None:
        raise UnreadableDocument(UNKNOWN_ENCODING)
    return text


def _is_lost(text: str) -> bool:
    """Whether half of what is to be seen, or more, stands for characters that were lost."""
    lost = text.count("\ufffd")
    return lost > 0 and 2 * lost >= sum(map(len, text.split()))


def _decode_wide(data: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: in the former, NUL may only be in blanks and line ends."""
    encoding = _detect(data[:WIDE_HEAD_BYTES])
    if encoding is None or not encoding.startswith(("utf-16", "utf-32")):
        raise UnreadableDocument(NUL_CHARACTERS)
    return data.decode(encoding, "replace")


def _candidates(data: bytes, declared: str | None) -> Iterator[str]:
    is_shifted = any(sequence in data for sequence in SHIFT_SEQUENCES)
    if not is_shifted:
        yield "utf-8"
    known = _known_encoding(declared) if declared else None
    if known and is_believable(data, known):
        yield known
    if is_shifted and (detected := _detect(data)):
        yield detected


def _known_encoding(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return SUPERSETS.get(name, name) if FOR_TEXT.fullmatch(name) else None


def _detect(data: bytes) -> str | None:
    # Imported only for what is not UTF-8: its models take a quarter of a second to load.
    import chardet

    return chardet.detect(data, max_bytes=max(1, len(data)), compat_names=False)["encoding"]
