"""How many tokens a text has at most, whichever vocabulary a model has."""

import asyncio
from math import ceil
from typing import Final

ENCODING: Final = "cl100k_base"
# A small vocabulary makes more tokens of the same ASCII text, and each digit can be one. With this
# margin, and one token for very short texts, none was undercounted: docs/decisions/0021-chats.md.
MARGIN: Final = 1.8
DIGITS: Final = b"0123456789"


def count_tokens(text: str) -> int:
    """At least as many as any byte-level vocabulary makes of it, and never more than its bytes."""
    encoded = text.encode()
    ascii_text = encoded.decode("ascii", "ignore")
    digits = len(encoded) - len(encoded.translate(None, DIGITS))
    others = len(encoded) - len(ascii_text)  # a small vocabulary can need a token for each byte
    at_most = ceil(MARGIN * _count(ascii_text)) + 1 + digits + others
    return min(len(encoded), at_most)


def estimate_tokens(text: str) -> int:
    """About as many as a large vocabulary makes of it."""
    return _count(text)


async def load_tokenizer() -> None:
    """Has the vocabulary loaded in a thread: it takes 0.2 s, the first time."""
    await asyncio.to_thread(_count, "")


def _count(text: str) -> int:
    from toktok import batch_count  # 40 MB, which a service without chats does not need

    [count] = batch_count([text], ENCODING, threads=1)
    return int(count)
