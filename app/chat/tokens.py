"""How many tokens a text has at most, whichever vocabulary a model has."""

import asyncio
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from quicktok import Tokenizer

ENCODING: Final = "cl100k_base"
# A small vocabulary makes more tokens of the same ASCII text, and each digit can be one. With this
# margin, and one token for very short texts, none was undercounted: docs/decisions/0021-chats.md.
MARGIN: Final = 1.8


def count_tokens(text: str) -> int:
    """At least as many as any byte-level vocabulary makes of it, and never more than its bytes."""
    encoded = text.encode()
    ascii_text = encoded.decode("ascii", "ignore")
    digits = sum(map(str.isdigit, ascii_text))
    others = len(encoded) - len(ascii_text)  # a small vocabulary can need a token for each byte
    at_most = ceil(MARGIN * int(_tokenizer().count(ascii_text))) + 1 + digits + others
    return min(len(encoded), at_most)


def estimate_tokens(text: str) -> int:
    """About as many as a large vocabulary makes of it."""
    return int(_tokenizer().count(text))


async def load_tokenizer() -> None:
    """Has the vocabulary loaded in a thread: it takes 0.2 s, the first time."""
    await asyncio.to_thread(_tokenizer)


@cache
def _tokenizer() -> "Tokenizer":
    from quicktok import get_encoding  # 30 MB, which a service without chats does not need

    return get_encoding(ENCODING)
