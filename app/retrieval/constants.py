"""Numbers of retrieval."""

from typing import Final

CANDIDATES: Final = 30  # of each search, at least: docs/decisions/0011-pairs-of-words.md
READ_FOR_EACH: Final = 4  # passages for each source of an answer: documents repeat themselves
FEWEST_READ: Final = 12  # passages, in which an identifier may stand
READ_AMONG_REPEATS: Final = 300  # where those are copies of few
JUDGED: Final = 3  # passages, from the best on, of which one must be relevant
MAX_SEARCHES: Final = 10  # for one question, while documents come and go
REFRESH_SEC: Final = 60.0  # between two looks at the stored calibration
