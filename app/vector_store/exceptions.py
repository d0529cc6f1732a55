"""What can keep a process from a vector store."""

from app.core.exceptions import ConfigurationError, RetrievalUnavailable


class StoreHeld(ConfigurationError):
    """Another process holds the vectors of this data directory."""


class StoreFull(RetrievalUnavailable, ConfigurationError):
    """Nothing can be written until an operator has made room; what is there is found."""

    detail = (
        "The disk of DATA_DIR is nearly full: make room there. Documents wait for it meanwhile."
    )

    @property
    def remedy(self) -> str:
        """What an operator has to do."""
        return self.detail
