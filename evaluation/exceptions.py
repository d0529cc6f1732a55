"""Why nothing can be measured."""


class UnusableSet(Exception):
    """A labelled set or a corpus that nothing can be measured with; the message says why."""


class ServiceUnreachable(Exception):
    """No service answers where questions are to be put; the message says what to do."""
