"""What the pages in docs/ say of the code: files and names that exist."""

import re
from pathlib import Path

import pytest

from app.core.constants import ROOT
from settings import Settings

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)")
NAME = re.compile(r"(?<![\[`])`([A-Za-z_]\w*)`(?!`)")


def name_of(page: Path) -> str:
    """A page as pytest shows it."""
    return page.relative_to(ROOT).as_posix()


class TestLinks:
    """The relative links of every page."""

    @pytest.mark.parametrize("page", PAGES, ids=name_of)
    def test_targets_exist(self, page: Path) -> None:
        """Every relative link leads to a file."""
        targets = LINK.findall(page.read_text())
        assert [target for target in targets if not (page.parent / target).exists()] == []


class TestAnswering:
    """docs/answering.md, which follows a question through the code."""

    PAGE = ROOT / "docs" / "answering.md"

    def test_names_exist(self) -> None:
        """Every name stands in one of the files that its paragraph links to, or is a setting."""
        missing = []
        for paragraph in re.split(r"\n(?=\d+\. |   - |\n)", self.PAGE.read_text()):
            files = [self.PAGE.parent / target for target in LINK.findall(paragraph)]
            code = "\n".join(file.read_text() for file in files)
            for name in NAME.findall(paragraph):
                is_there = re.search(rf"\b{name}\b", code) or name in Settings.model_fields
                if files and not is_there:
                    missing.append(name)
        assert missing == []

    def test_goes_through_the_answer(self) -> None:
        """Every step that the coroutine of an answer calls is on the page."""
        services = (ROOT / "app" / "chat" / "services.py").read_text()
        body = services[services.index("async def _answer") : services.index("async def _place")]
        calls = set(re.findall(r"await self\.(?:_messages\.)?(\w+)\(|(build_prompt)\(", body))
        steps = {name for call in calls for name in call if name}
        steps = {{"_retrieve": "relevant"}.get(name, name) for name in steps}
        assert len(steps) >= 4
        assert steps - set(NAME.findall(self.PAGE.read_text())) == set()


class TestGlossary:
    """docs/glossary.md: one word for one thing."""

    PAGE = ROOT / "docs" / "glossary.md"

    def test_code_exists(self) -> None:
        """Every class that the glossary names is defined in the product."""
        files = [
            path
            for name in ("app", "evaluation", "settings")
            for path in (ROOT / name).rglob("*.py")
        ]
        code = "\n".join(file.read_text() for file in files)
        names = re.findall(r"`([A-Z][a-z]+\w*)`", self.PAGE.read_text())
        assert len(names) >= 10
        assert [
            name for name in names if not re.search(rf"^class {name}\b", code, re.MULTILINE)
        ] == []
