"""Documents among the files of a machine."""

import os
from collections.abc import Callable
from pathlib import Path

from app.documents.loaders.constants import EXTENSIONS


def _refuse(error: OSError) -> None:
    raise error


def find_files(path: Path, unreadable: Callable[[OSError], None] = _refuse) -> list[Path]:
    """The file itself, or the files of a known type below a folder, without hidden ones.

    `unreadable` is told of each folder that cannot be read; without it, that is an OSError.
    """
    # Not Path's is_dir and is_file, which raise where they may not look.
    if not os.path.isdir(path):  # noqa: PTH112
        return [path]
    found: list[Path] = []
    for folder, folders, files in os.walk(path, onerror=unreadable):
        folders[:] = filter(_is_visible, folders)
        found += (Path(folder, name) for name in filter(_is_document, files))
    return sorted(filter(os.path.isfile, found))


def _is_visible(name: str) -> bool:
    return not name.startswith(".")


def _is_document(name: str) -> bool:
    return _is_visible(name) and Path(name).suffix.lower() in EXTENSIONS
