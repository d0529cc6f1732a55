"""`brag`: one command, from any folder."""

import subprocess
from pathlib import Path

import pytest

from app.core.constants import ROOT
from settings import Settings
from tests.support.commands import put_in, run
from tests.support.psql import sql


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder away from the checkout, with two documents of one name and a link to `brag`."""
    folder = tmp_path / "elsewhere"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        (folder / name / "notes.md").write_text(name)
    (folder / "brag").symlink_to(ROOT / "brag")
    return folder


def brag(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, called by somebody who stands in a folder."""
    return subprocess.run(
        [folder / "brag", *arguments], cwd=folder / "a", capture_output=True, text=True, check=False
    )


class TestAnyFolder:
    """Called away from the checkout."""

    def test_version(self, folder: Path) -> None:
        """It says its version, wherever its user stands."""
        done = brag(folder, "--version")
        assert (done.returncode, done.stdout.split()[0]) == (0, "bRAG")

    def test_no_command(self, folder: Path) -> None:
        """Without a word it says which ones there are."""
        done = brag(folder)
        assert done.returncode == 2
        assert "put files, or all files of folders, in" in done.stderr

    def test_unknown_command(self, folder: Path) -> None:
        """An unknown word is refused, and the known ones are named."""
        done = brag(folder, "serve")
        assert done.returncode == 2
        assert "'ingest'" in done.stderr

    def test_spellings(self, folder: Path) -> None:
        """However the path of a file is spelt, it is one document of one source."""
        spellings = ("notes.md", "../a/notes.md", str(folder / "b" / ".." / "a" / "notes.md"))
        done = brag(folder, "ingest", "--dry-run", *spellings)
        assert done.stdout.splitlines() == [f"{folder}/a/notes.md: text/markdown, 1 byte."]

    def test_data_dir(self, folder: Path) -> None:
        """A --data-dir is where its user means it, and not within the checkout."""
        (folder / "a" / "file").touch()
        done = brag(folder, "list", "--data-dir", "file")
        assert (done.returncode, done.stdout) == (1, "")
        assert str(folder / "a" / "file") in done.stderr


class TestIngest:
    """What `ingest` is told of sources, titles and metadata."""

    async def test_source_prefix(self, settings: Settings, folder: Path) -> None:
        """Sources are the prefix and the path below the folder; nothing goes in when dry."""
        outcome = await run(settings, "ingest", "--dry-run", "--source-prefix", "handbook/", folder)
        assert outcome.output[:2] == [
            "handbook/a/notes.md: text/markdown, 1 byte.",
            "handbook/b/notes.md: text/markdown, 1 byte.",
        ]
        assert await sql(settings, "SELECT 1 FROM document") == []

    @pytest.mark.parametrize(
        ("options", "code", "sentence"),
        [
            (("--source-prefix", "x", "a/notes.md", "b/notes.md"), 1, "the same source"),
            (("--title", "T", "a", "b"), 1, "--title is for one file, and these are 2."),
            (("--metadata", "[]", "a"), 2, "argument --metadata: it is wrong: "),
        ],
    )
    async def test_refused(
        self, folder: Path, options: tuple[str, ...], code: int, sentence: str
    ) -> None:
        """What would lose a document, or means nothing, is refused in a sentence."""
        paths = [str(folder / word) if (folder / word).exists() else word for word in options]
        outcome = await run(Settings(DATA_DIR=folder / "data"), "ingest", "--dry-run", *paths)
        assert outcome.code == code
        assert sentence in outcome.errors[-1]

    async def test_title_and_metadata(self, settings: Settings, folder: Path) -> None:
        """A title and metadata that are given are the document's."""
        given = ("--title", "Notes of A", "--metadata", '{"team": "boats"}')
        outcome = await run(settings, "ingest", *given, folder / "a")
        assert (outcome.code, outcome.errors) == (0, [])
        rows = await sql(settings, "SELECT title, metadata FROM document")
        assert rows == [("Notes of A", {"team": "boats"})]


class TestListAndDelete:
    """What is there, and by which names it is taken out."""

    async def test_by_source(self, settings: Settings) -> None:
        """A document is deleted by its source; then there is none, and the list says so."""
        await put_in(settings, "Mallards.", "ducks.txt")
        assert (await run(settings, "delete", "ducks.txt")).code == 0
        outcome = await run(settings, "list")
        assert (outcome.code, outcome.output) == (0, [])
        assert outcome.errors == ["There are no documents."]

    async def test_unknown_source(self, settings: Settings) -> None:
        """A source of no document is told in a sentence."""
        outcome = await run(settings, "delete", "geese.txt")
        assert outcome.code == 1
        assert outcome.errors == ["There is no document of the source geese.txt."]
