"""Settings: `load_settings()` reads them, once for each process."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from settings.base import DEFAULT_EMBEDDING_MODEL, Settings
from settings.fallbacks import Fallback
from settings.names import encoding_of, names_in, nearly

__all__ = [
    "DEFAULT_EMBEDDING_MODEL",
    "Fallback",
    "Settings",
    "export_variables",
    "load_settings",
    "misspelt_settings",
]


def load_settings() -> Settings:
    """Reads the settings; a wrong one ends the process with a sentence that names it."""
    try:
        return Settings(**_reading())
    except ValidationError as error:
        raise SystemExit("\n".join(_sentence(fault) for fault in error.errors())) from None
    except OSError as error:
        raise SystemExit(f"The file {_env_file()} cannot be read: {error.strerror}.") from None


def misspelt_settings(settings: Settings) -> Mapping[str, str]:
    """Names of the environment and of `.env` that are no settings, each with what was meant.

    Not where that is set as well: then the other name is some other program's.
    """
    file = _env_file()
    names = {*os.environ, *(names_in(file) if file else ())}
    near = nearly(sorted(names), Settings.model_fields)
    return {name: meant for name, meant in near.items() if meant not in settings.model_fields_set}


def export_variables(prefix: str) -> None:
    """Puts the variables of `.env` with this prefix into the environment, for a library to read.

    What the environment has already stays.
    """
    file = _env_file()
    if file is None or not file.is_file():
        return
    for name, given in dotenv_values(file, encoding=encoding_of(file.read_bytes())).items():
        if name.startswith(prefix) and given:
            os.environ.setdefault(name, given)


def _env_file() -> Path | None:
    file = Settings.model_config.get("env_file")
    return Path(file) if isinstance(file, str | Path) else None


def _reading() -> dict[str, Any]:
    """How `.env` is read: in the encoding in which it was written."""
    file = _env_file()
    if file is None or not file.is_file():
        return {}
    return {"_env_file_encoding": encoding_of(file.read_bytes())}


def _sentence(fault: ErrorDetails) -> str:
    name, *place = fault["loc"] or ["settings"]
    within = "".join(f"{_part(part)}: " for part in place)
    reason = fault["msg"].removeprefix("Value error, ")
    return f"The setting {name} is wrong: {within}{reason}."


def _part(part: int | str) -> str:
    """Where in a list, or in an object of one, something is wrong."""
    return f"entry {part + 1}" if isinstance(part, int) else part
