"""Documents among the files of a machine."""

import os
from collections.abc import Callable
from pathlib import Path
from stat import S_ISREG


def _refuse(error: OSError) -> None:
    raise error


def find_files(path: Path, unreadable: Callable[[OSError], None] = _refuse) -> list[Path]:
    """The file itself, or the files below a folder, without hidden ones.

    `unreadable` is told of each that may not be looked at; without it, that is an OSError.
    """
    if not os.path.isdir(path):  # noqa: PTH112 # Path's raises where it may not look
        return [path]
    found: list[Path] = []
    for folder, folders, files in os.walk(path, onerror=unreadable):
        folders[:] = filter(_is_visible, folders)
        found += (Path(folder, name) for name in filter(_is_visible, files))
    return sorted(file for file in found if _is_file(file, unreadable))


def _is_visible(name: str) -> bool:
    return not name.startswith(".")


def _is_file(path: Path, unreadable: Callable[[OSError], None]) -> bool:
    try:
        return S_ISREG(path.stat().st_mode)
    except FileNotFoundError:  # a link to nothing
        return False
    except OSError as error:
        unreadable(error)
        return False
