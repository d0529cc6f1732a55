"""Numbers of the job table."""

from typing import Final
from uuid import UUID

LEASE_SEC: Final = 15.0  # after so long the job of a worker that died is claimed by another
POLL_SEC: Final = 1.0  # between two looks at an empty table
LONGEST_BACKOFF_SEC: Final = 60.0
MAX_FAULTS: Final = 5  # internal errors, after which a job is given up
NO_DOCUMENT: Final = UUID(int=0)  # of a job that is about all documents
