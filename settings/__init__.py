"""Settings: `load_settings()` reads them, once for each process."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from settings.base import Settings

__all__ = ["Settings", "load_settings"]


def load_settings() -> Settings:
    """Reads the settings; a wrong one ends the process with a sentence that names it."""
    try:
        return Settings()
    except ValidationError as error:
        raise SystemExit("\n".join(_sentence(each) for each in error.errors())) from None


def _sentence(error: ErrorDetails) -> str:
    name = error["loc"][0] if error["loc"] else "settings"
    reason = error["msg"].removeprefix("Value error, ")
    return f"The setting {name} is wrong: {reason}."
