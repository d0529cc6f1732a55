"""What can happen to a worker's claim."""


class LeaseLost(Exception):
    """The lease ran out and another worker has the job: nothing more may be written for it."""
