"""Documents among the files of a machine."""

from collections.abc import Iterator
from pathlib import Path

from app.documents.loaders.constants import EXTENSIONS


def find_files(path: Path) -> Iterator[Path]:
    """The file itself, or the files of a known type below a folder, without hidden ones."""
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.suffix.lower() in EXTENSIONS and file.is_file() and not hidden:
            yield file
