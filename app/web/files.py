"""The files of which the pages are made, in memory, and compressed once."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import PurePath
from typing import Final

MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """A file of a page; `etag` names its content."""

    content: bytes
    compressed: bytes
    media_type: str
    etag: str


@cache
def load_assets() -> dict[str, Asset]:
    """Every file of the pages, by its name."""
    folder = files("app.web").joinpath("assets")
    return {file.name: _asset(file.name, file.read_bytes()) for file in folder.iterdir()}


@cache
def load_page(name: str) -> str:
    """The HTML of a page, in which `{prefix}` stands for the one that a proxy strips."""
    return files("app.web").joinpath(f"{name}.html").read_text("utf-8")


def _asset(name: str, content: bytes) -> Asset:
    etag = f'"{sha256(content).hexdigest()[:32]}"'
    compressed = gzip.compress(content, mtime=0)
    return Asset(content, compressed, MEDIA_TYPES[PurePath(name).suffix], etag)
