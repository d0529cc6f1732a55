"""What can be wrong with a document."""


class UnreadableDocument(Exception):
    """A file that cannot become a document; the message says why and follows its name."""
