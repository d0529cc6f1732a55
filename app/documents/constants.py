"""Names and numbers of documents."""

from typing import Final

CONTENT_PART_BYTES: Final = 2**17  # the driver holds the GIL half a millisecond for each part
EMBED_AT_ONCE: Final = 16  # passages between two commits of an ingestion
INSERT_AT_ONCE: Final = 200  # passages in a statement, where a whole document is written
LONG_WRITE_SEC: Final = 120.0  # a transaction that writes a whole document, in many statements
# Of the eight threads that reach Postgres: what is large leaves the others to what is small.
UPLOADS_WRITTEN_AT_ONCE: Final = 2
DOWNLOADS_READ_AT_ONCE: Final = 2
SMALL_BYTES: Final = 2**20  # a document that is embedded within a minute

VERSION_RETRY_SEC: Final = 1.0  # while Postgres does not answer
VERSION_FAULT_SEC: Final = 60.0  # after an error that says so of the database itself
WATCH_SEC: Final = 0.1  # between two looks of the command line at a document
TAKE_OVER_SEC: Final = 30.0  # longer than a server takes to be started again

# What reading a document may take. The time is that of a core: a busy machine fails nobody.
PARSER_CPU_SEC: Final = 20.0
PARSER_CPU_SEC_PER_MB: Final = 12.0  # dense tables and lists take a third of it
PARSER_PATIENCE: Final = 10  # seconds by the clock for each second of a core
PARSER_MEMORY_BYTES: Final = 512 * 2**20
PARSER_MEMORY_PER_BYTE: Final = 60
PARSER_IDLE_SEC: Final = 60.0  # after which a process without documents ends
TOO_MUCH: Final = "This document takes too long or too much memory to read: split it up."

UPLOADS: Final = "/v1/documents"
UPLOAD_OVERHEAD_BYTES: Final = 2**20  # what a body may hold beside the document

NOT_READ_ANEW: Final = "It could not be read anew, by an internal error: it is found as it was."
OTHER_INDEX: Final = (
    "This process has another index than its database: it does no work on documents, and its "
    "searches miss what the other one holds. Give it the QDRANT settings and the DATA_DIR of the "
    "others, or run `brag reindex` with its own: then its index becomes that of the database, and "
    "is rebuilt."
)
