"""Tokens, codes and API keys: random when they are made, and known by their hashes afterwards."""

import hmac
import re
import secrets
import string
from hashlib import sha256
from typing import Final
from zlib import crc32

from app.users.constants import CODE_ALPHABET, CODE_CHARS, KEY_PREFIX

TOKEN_BYTES: Final = 32
BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_CHARS: Final = 30  # of a key: 178 bits
CHECKSUM_CHARS: Final = 6
API_KEY: Final = re.compile(rf"{KEY_PREFIX}([0-9A-Za-z]{{{RANDOM_CHARS}}})([0-9A-Za-z]{{6}})")


def new_token() -> str:
    """A token of 256 random bits, for a link or a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_code() -> str:
    """A code that a person can type: 8 characters, 40 random bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARS))


def new_api_key() -> str:
    """A key: `brag_`, 30 random base62 characters and 6 of their CRC-32."""
    random = "".join(secrets.choice(BASE62) for _ in range(RANDOM_CHARS))
    return f"{KEY_PREFIX}{random}{_checksum(random)}"


def is_api_key(text: str) -> bool:
    """Whether a text has the form and the checksum of a key; it needs no look-up."""
    match = API_KEY.fullmatch(text)
    return match is not None and _checksum(match[1]) == match[2]


def hash_key(key: str) -> bytes:
    """SHA-256: a key is random enough for it."""
    return sha256(key.encode()).digest()


class TokenHasher:
    """Hashes tokens and codes with SECRET_KEY: whoever reads the database can make neither."""

    def __init__(self, secret_key: bytes) -> None:
        self._secret_key = secret_key

    def hash(self, token: str) -> bytes:
        """HMAC-SHA256 (RFC 2104) of a token or code."""
        return hmac.digest(self._secret_key, token.encode(), sha256)


def _checksum(random: str) -> str:
    number, characters = crc32(random.encode()), ""
    for _ in range(CHECKSUM_CHARS):
        number, digit = divmod(number, len(BASE62))
        characters = BASE62[digit] + characters
    return characters
