"""Parts of an answer and answers that the client has already (RFC 9110, 13 and 14)."""

import re
from collections.abc import Mapping
from typing import Final

ONE_RANGE: Final = re.compile(r"\s*bytes\s*=\s*+(\d{0,18})\s*+-\s*+(\d{0,18})\s*", re.IGNORECASE)
TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


def is_known(headers: Mapping[str, str], etag: str) -> bool:
    """Whether If-None-Match says that the client has what this ETag names."""
    known = headers.get("if-none-match", "")
    return known.strip() == "*" or etag in TAG.findall(known)


def wanted_range(headers: Mapping[str, str], etag: str, size: int) -> range | None:
    """The bytes that are asked for, at least one; None: all of them.

    Several ranges, and what is no range of bytes, are passed over, as RFC 9110 allows. Raises
    ValueError for a range beyond the end.
    """
    match = ONE_RANGE.fullmatch(headers.get("range", ""))
    if match is None or not any(match.groups()) or headers.get("if-range", etag) != etag:
        return None
    first, last = match.groups()
    if not first:
        bounds = range(max(0, size - int(last)), size)
    else:
        bounds = range(int(first), min(size, int(last) + 1) if last else size)
        if last and int(last) < int(first):
            return None
    if not bounds:
        raise ValueError("The range is beyond the end.")
    return bounds
