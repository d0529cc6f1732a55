"""Bytes to text, whatever the encoding."""

import codecs
import re
from collections.abc import Iterator
from typing import Final

from app.loaders.exceptions import UnreadableDocument

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
BEYOND_ASCII: Final = bytes(range(0x80, 0x100))
NUL_CHARACTERS: Final = "This is not text: it holds NUL characters."
UNKNOWN_ENCODING: Final = "The encoding of this text cannot be recognised: save it as UTF-8."
PLAIN_WORD: Final = re.compile(rb"(?<!\S)[!-~]++(?:\s++|\Z)")  # of ASCII that can be seen
CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


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
    return _mend_utf8(data) or _decode_guessed(data)


def _decode_wide(data: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: about half of its bytes or more are NUL."""
    encoding = _guess(data)
    if data.count(0) * 4 < len(data) or encoding is None or not encoding.startswith("utf-"):
        raise UnreadableDocument(NUL_CHARACTERS)
    return data.decode(encoding, "replace")


def _candidates(data: bytes, declared: str | None) -> Iterator[str]:
    is_shifted = any(sequence in data for sequence in SHIFT_SEQUENCES)
    if not is_shifted:
        yield "utf-8"
    if declared and (known := _known_encoding(declared)):
        yield known
    if is_shifted and (guess := _guess(data)):
        yield guess


def _known_encoding(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return SUPERSETS.get(name, name) if FOR_TEXT.fullmatch(name) else None


def _mend_utf8(data: bytes) -> str | None:
    """UTF-8 with a few broken bytes, each replaced by U+FFFD; None if there are more than a few."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond_ascii = len(text) - len(data.translate(None, BEYOND_ASCII))
    return text if broken * 10 <= beyond_ascii else None


def _decode_guessed(data: bytes) -> str:
    # Among much plain ASCII a guess would take what tells the encoding for noise.
    try:
        return data.decode(_guess(PLAIN_WORD.sub(b"", data)) or "ascii")
    except UnicodeDecodeError as error:
        raise UnreadableDocument(UNKNOWN_ENCODING) from error


def _guess(data: bytes) -> str | None:
    # Imported only for what is not UTF-8: its models take a quarter of a second to load.
    import chardet

    eras = chardet.EncodingEra.MODERN_WEB | chardet.EncodingEra.LEGACY_ISO
    found = chardet.detect(
        data, encoding_era=eras, max_bytes=len(data), prefer_superset=True, compat_names=False
    )
    return found["encoding"]
