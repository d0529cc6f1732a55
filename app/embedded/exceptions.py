"""What can go wrong at an embedded start: each is one sentence that says what to do."""

from app.core.exceptions import ConfigurationError


class EmbeddedStartFailed(ConfigurationError):
    """A part of the embedded start is missing, is in use or does not come up."""
