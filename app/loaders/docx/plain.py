"""A heading without marks, as a title shows it."""

import re
from typing import Final

from app.loaders.constants import MAX_TITLE_CHARS
from app.loaders.titles import LINK

MARK: Final = re.compile(r"\[\^\w+\]|~~")


def plain(heading: str) -> str:
    """The heading without links, notes and strokes."""
    # Clipped first: the pattern of a link takes quadratic time on a long line of brackets.
    return MARK.sub("", LINK.sub(r"\1", heading[: 4 * MAX_TITLE_CHARS])).strip()
