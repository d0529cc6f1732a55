"""Settings: `load_settings()` reads them, once for each process."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from settings.base import DEFAULT_EMBEDDING_MODEL, Settings

__all__ = ["DEFAULT_EMBEDDING_MODEL", "Settings", "load_settings"]


def load_settings() -> Settings:
    """Reads the settings; a wrong one ends the process with a sentence that names it."""
    try:
        return Settings()
    except ValidationError as error:
        raise SystemExit("\n".join(_sentence(fault) for fault in error.errors())) from None


def _sentence(fault: ErrorDetails) -> str:
    name = fault["loc"][0] if fault["loc"] else "settings"
    reason = fault["msg"].removeprefix("Value error, ")
    return f"The setting {name} is wrong: {reason}."
