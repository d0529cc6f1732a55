"""Names in the environment and in `.env` that are no settings, but nearly."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final

NAME: Final = re.compile(r"(?m)^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=")
ENCODINGS: Final = ("utf-8-sig", "cp1252", "latin-1")  # the last one takes whatever is left
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
FEW_LETTERS: Final = 7  # TMOUT and PGHOST are near to much, and mean something else
NEAR: Final = 0.8
# What other programs call the same.
OTHER_NAMES: Final = {
    "OPENAI_API_BASE": "OPENAI_BASE_URL",
    "OPENAI_API_URL": "OPENAI_BASE_URL",
    "OPENAI_ENDPOINT": "OPENAI_BASE_URL",
    "AZURE_OPENAI_ENDPOINT": "OPENAI_BASE_URL",
    "POSTGRES_URL": "DATABASE_URL",
    "POSTGRES_DSN": "DATABASE_URL",
    "DB_URL": "DATABASE_URL",
    "ALLOWED_ORIGINS": "CORS_ORIGINS",
    "CORS_ALLOWED_ORIGINS": "CORS_ORIGINS",
    "WEB_CONCURRENCY": "WORKERS",
}


def encoding_of(content: bytes) -> str:
    """The encoding of a `.env`: UTF-8, UTF-16 as PowerShell writes it, else that of old Windows."""
    if content.startswith(UTF_16):
        return "utf-16"
    if b"\0" in content:
        return "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    return next(encoding for encoding in ENCODINGS if _is_text(content, encoding))


def names_in(file: Path) -> list[str]:
    """The names that a `.env` sets; none where there is no such file."""
    if not file.is_file():
        return []
    content = file.read_bytes()
    return NAME.findall(content.decode(encoding_of(content), errors="replace"))


def nearly(names: Iterable[str], settings: Iterable[str]) -> Mapping[str, str]:
    """The names that are no settings, each with the setting that it was probably meant for."""
    known = {setting.replace("_", ""): setting for setting in settings}
    return {name: meant for name in names if (meant := _meant(name.upper(), known))}


def _meant(name: str, known: Mapping[str, str]) -> str | None:
    if name in known.values():
        return None
    if name in OTHER_NAMES:
        return OTHER_NAMES[name]
    letters = name.replace("_", "")
    if len(letters) < FEW_LETTERS:
        return None
    near = get_close_matches(letters, known, n=1, cutoff=NEAR)
    return known[near[0]] if near else None


def _is_text(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
