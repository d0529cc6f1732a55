"""What the embedding model reads of a text: compatibility forms as what they stand for.

A ligature, a full-width letter or a presentation form is an unknown character to most models.
"""

from typing import Final

from tokenizers import Regex, Tokenizer
from tokenizers.normalizers import NFKC, Replace, Sequence

INVISIBLE: Final = Regex("[\u00ad\u200b-\u200f\u2060\ufeff]")
RAISED: Final = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))


def read_compatibility_forms(tokenizer: Tokenizer) -> None:
    """Has a tokenizer read them as their letters; offsets stay those of the text as it is."""
    own = tokenizer.normalizer
    powers = [Replace(raised, f"^{digit}") for raised, digit in RAISED.items()]  # no 106 of 10⁶
    steps = [Replace(INVISIBLE, ""), *powers, NFKC()]
    tokenizer.normalizer = Sequence([*steps, own] if own else steps)
