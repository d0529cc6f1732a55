"""Folders that are ours: under /tmp anybody may make what we are going to look for."""

import os
import stat
from itertools import chain
from pathlib import Path

from app.core.exceptions import ConfigurationError


def make_private(folder: Path) -> None:
    """Makes a folder, and those above it that are missing, for its owner alone.

    ConfigurationError where another user may have put it there, or a link in its place; OSError
    where it cannot be made.
    """
    given = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow a link unseen
    for step in (*reversed(given.parents), given):
        if not os.path.lexists(step):
            step.mkdir(mode=0o700, exist_ok=True)
        require_ours(step)
    given.mkdir(exist_ok=True)  # FileExistsError if it is a file
    resolved = given.resolve()  # of a link of our own, where it leads
    for step in chain(resolved.parents, [resolved]):
        require_ours(step)


def require_ours(path: Path) -> None:
    """ConfigurationError if this is another user's, in a folder that everybody may write to."""
    is_shared = path.parent.stat().st_mode & stat.S_IWOTH
    if is_shared and path.lstat().st_uid not in {0, os.geteuid()}:
        raise ConfigurationError(
            f"{path} belongs to another user, in a folder that everybody may write to: remove it, "
            "or choose another DATA_DIR."
        )
