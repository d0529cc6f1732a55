"""What an uploaded file is called, however its client spells it."""

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Final

# Python also knows codecs that are none of text.
CHARSET: Final = r"(?:utf-8|us-ascii|iso-8859-\d+|windows-\d+|gb\w+|big5|euc-\w+|shift_jis|koi8-\w)"
ENCODED_WORDS: Final = re.compile(
    rf"(?:=\?{CHARSET}\?[bq]\?[^?\s]*\?=\s*)+", re.IGNORECASE | re.ASCII
)
KNOWN_CHARSET: Final = re.compile(CHARSET, re.IGNORECASE | re.ASCII)
MOST_PARAMETERS: Final = 100  # Python splits them in quadratic time
WINDOWS_PATH: Final = re.compile(r"(?:[A-Za-z]:)?\\")


def plain_disposition(disposition: bytes) -> bytes:
    """The same Content-Disposition, with the file's name in `filename` alone, in UTF-8."""
    name = file_name(disposition)
    if name is None:
        return disposition
    field = _parameters(disposition).get("name", "")
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in (str(field), name))
    return 'form-data; name="{}"; filename="{}"'.format(*quoted).encode()


def file_name(disposition: bytes) -> str | None:
    """The name that a Content-Disposition gives to a file; None for a field without one.

    `filename*` (RFC 8187), which some clients send alone, counts more than `filename`, in which
    some send encoded words (RFC 2047).
    """
    parameters = _parameters(disposition)
    extended, plain = parameters.get("filename*"), parameters.get("filename")
    if isinstance(extended, tuple):
        return _base_name(_decode_extended(extended))
    return None if plain is None else _base_name(_decode_words(_as_utf8(str(plain))))


def _parameters(disposition: bytes) -> dict[str, str | tuple[str | None, str | None, str]]:
    """The first parameter of each name; those of RFC 8187 have an asterisk after it.

    Where there are very many, none counts.
    """
    if disposition.count(b";") > MOST_PARAMETERS:
        return {}
    header = Message()
    header["content-disposition"] = disposition.decode("latin-1")
    found: dict[str, str | tuple[str | None, str | None, str]] = {}
    for name, value in header.get_params([], "content-disposition"):
        found.setdefault(f"{name}*" if isinstance(value, tuple) else name, value)
    return found


def _decode_extended(name: tuple[str | None, str | None, str]) -> str:
    """The value as it is where its charset is none, or not its own."""
    if not KNOWN_CHARSET.fullmatch(name[0] or ""):
        return name[2]
    try:
        return collapse_rfc2231_value(name)
    except ValueError:
        return name[2]


def _as_utf8(name: str) -> str:
    """Browsers send UTF-8 as it is, and quotation marks as %22 (WHATWG HTML, 4.10.21.8)."""
    name = name.replace("%22", '"')
    try:
        return name.encode("latin-1").decode()
    except UnicodeError:
        return name


def _decode_words(name: str) -> str:
    if not ENCODED_WORDS.fullmatch(name):
        return name
    try:
        return str(make_header(decode_header(name)))
    except (HeaderParseError, LookupError, ValueError):
        return name


def _base_name(name: str) -> str:
    """Of a whole path of Windows the last part; of a part of one, with slashes as elsewhere."""
    name = name.encode(errors="replace").decode()  # some charsets have halves of characters
    if WINDOWS_PATH.match(name):
        return name.rpartition("\\")[2]
    return name.replace("\\", "/")
