"""SECRET_KEY, which keys the hashes of sessions and links: changing it ends them all."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from app.core.exceptions import ConfigurationError
from app.core.folders import make_private
from settings import Settings

FILE: Final = "secret_key"
KEY_BYTES: Final = 32
MISSING: Final = (
    "AUTH_REQUIRED is on, and {name} is not set: set it to {what}, or AUTH_REQUIRED to false."
)


def load_secret_key(settings: Settings) -> bytes:
    """SECRET_KEY, else one that is made once and kept under DATA_DIR.

    Raises ConfigurationError where AUTH_REQUIRED needs it to be set: several machines share it.
    """
    if settings.requires_auth and not settings.is_local:
        _require("PUBLIC_URL", settings.PUBLIC_URL, "the address under which browsers reach this")
        _require("SECRET_KEY", settings.SECRET_KEY, "32 or more random characters")
    if settings.SECRET_KEY is not None:
        return settings.SECRET_KEY.get_secret_value().encode()
    try:
        make_private(settings.DATA_DIR)
        return _kept(settings.DATA_DIR / FILE)
    except OSError as error:
        raise ConfigurationError(f"SECRET_KEY cannot be kept in DATA_DIR: {error}.") from error


def _require(name: str, value: object, what: str) -> None:
    if value is None:
        raise ConfigurationError(MISSING.format(name=name, what=what))


def _kept(file: Path) -> bytes:
    """The key in a file; of processes that start at once, the first to link it makes it."""
    if not file.exists():
        with NamedTemporaryFile(dir=file.parent, prefix=f"{FILE}.") as made:  # for its owner alone
            made.write(secrets.token_urlsafe(KEY_BYTES).encode())
            made.flush()
            os.fsync(made.fileno())
            with suppress(FileExistsError):  # another process was first
                os.link(made.name, file)
    key = file.read_bytes()
    if len(key) < KEY_BYTES:
        raise ConfigurationError(f"{file} holds no key: delete it, and all sessions end.")
    return key
