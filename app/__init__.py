"""bRAG: a basic retrieval-augmented generation API."""

import tomllib
from pathlib import Path

with (Path(__file__).parents[1] / "pyproject.toml").open("rb") as _pyproject:
    version: str = tomllib.load(_pyproject)["project"]["version"]
