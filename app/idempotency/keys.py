"""The key in the header `Idempotency-Key`."""

import re
from collections.abc import Sequence
from typing import Final

from app.idempotency.exceptions import InvalidIdempotencyKey

KEY: Final = re.compile(r"[!-~]{1,255}")
STRING: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')  # RFC 9651, 3.3.3
ESCAPE: Final = re.compile(r"\\(.)")


def parse_key(values: Sequence[str]) -> str:
    """The key that the header's values hold, without quotes; InvalidIdempotencyKey if none."""
    if len(values) != 1:
        raise InvalidIdempotencyKey
    key = values[0].strip(" \t")
    if key.startswith('"'):
        string = STRING.fullmatch(key)
        key = ESCAPE.sub(r"\1", string[1]) if string else ""
    if not KEY.fullmatch(key):
        raise InvalidIdempotencyKey
    return key
