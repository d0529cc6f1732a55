"""Whole numbers in the attributes of a page."""

import re
from typing import Final

NUMBER: Final = re.compile(r"\s*([0-9]{1,9})\s*")


def number_of(value: str, default: int) -> int:
    """The number that an attribute holds; the default for any that no page would mean."""
    match = NUMBER.fullmatch(value)
    return int(match[1]) if match else default
