"""The README and the pages in docs/: what stands in their blocks of code."""

import re
from pathlib import Path

from app.core.constants import ROOT

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
ADDRESS = "http://127.0.0.1:8000"


def page(name: str) -> Path:
    """A page in docs/."""
    return ROOT / "docs" / f"{name}.md"


def blocks(file: Path, language: str) -> list[str]:
    """The blocks of a language on a page, without their fences."""
    return re.findall(rf"^```{language}\n(.*?)\n```$", file.read_text(), re.DOTALL | re.MULTILINE)


def commands(file: Path) -> list[str]:
    """Every line of the shell blocks of a page, and every command that is shown with its output."""
    shown = [block.removeprefix("$ ").partition("\n")[0] for block in blocks(file, "console")]
    return [line for block in blocks(file, "sh") for line in block.splitlines()] + shown


def prose(file: Path) -> list[str]:
    """The lines of a page that are neither code nor tables."""
    text = re.sub(r"^```.*?^```$", "", file.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [line for line in text.splitlines() if not line.startswith("|")]
