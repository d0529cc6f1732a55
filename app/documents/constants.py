"""Names and numbers of the knowledge base."""

from typing import Final
from uuid import UUID

CANDIDATES: Final = 30  # of either search, at least: docs/decisions/0011-pairs-of-words.md
READ_FOR_EACH: Final = 4  # passages for one of an answer: documents repeat themselves
JUDGED: Final = 3  # passages, from the best on, of which one must be relevant
MAX_SEARCHES: Final = 10  # for one question, while documents come and go under it

PIECE_BYTES: Final = 2**17  # of a document: the driver holds the GIL half a millisecond for each
NO_DOCUMENT: Final = UUID(int=0)  # of the work that is about all of them
EMBED_AT_ONCE: Final = 16  # passages between two commits of an ingestion
SMALL_BYTES: Final = 2**20  # embedded within a minute
POLL_SEC: Final = 1.0
LONGEST_BACKOFF_SEC: Final = 60.0
MAX_FAULTS: Final = 5  # after so many internal errors a document fails

WATCH_SEC: Final = 0.1  # how often the command line looks
TAKE_OVER_SEC: Final = 30.0  # longer than a server takes to be started again

PARSER_TIMEOUT_SEC: Final = 300
PARSER_MEMORY_BYTES: Final = 2 * 2**30

UPLOADS: Final = "/v1/documents"
UPLOAD_OVERHEAD_BYTES: Final = 2**20  # what a body may hold beside the document
