"""What can keep a process from a vector store."""

from app.core.exceptions import ConfigurationError


class StoreHeld(ConfigurationError):
    """Another process holds the vectors of this data directory."""
