"""SHA-256 of what receipts name and do not say, pure."""

from hashlib import sha256
from typing import Any

import orjson


def text_sha256(text: str) -> str:
    """The digest of a text in UTF-8."""
    return sha256(text.encode()).hexdigest()


def json_sha256(value: Any) -> str:
    """The digest of a value's JSON with sorted names and no blanks.

    Of texts under names in ASCII, as a prompt is, that is canonical JSON (RFC 8785). Each answer
    pays for this one, and a library for all of RFC 8785 takes 35 times as long.
    """
    return sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
