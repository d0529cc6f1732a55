"""What can happen to a worker's claim."""


class LeaseLost(Exception):
    """Another worker has the job, or the database another index: nothing more may be written."""
