"""Why a file cannot be loaded; each message says why and what to do, to the file's owner.

UnreadableDocument          damaged, encrypted, empty, too large
└── UnsupportedType         of a type that is not taken in
"""


class UnreadableDocument(Exception):
    """A document that cannot be read."""


class UnsupportedType(UnreadableDocument):
    """A file that is not of a type that can be loaded."""
