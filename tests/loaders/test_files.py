"""The documents that are found among files."""

import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from app.loaders import find_files


class TestFindFiles:
    def test_folder_gives_its_files_in_order(self, tmp_path: Path) -> None:
        """In a folder the files are found, of any type, in order, without hidden ones."""
        names = ["b.MD", "a/c.pdf", "a/b.docx", "a/.d.txt", ".git/e.txt", "f.png", "g.html", "h"]
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        (tmp_path / "i.md").symlink_to(tmp_path / "gone.md")
        found = [file.relative_to(tmp_path).as_posix() for file in find_files(tmp_path)]
        assert found == ["a/b.docx", "a/c.pdf", "b.MD", "f.png", "g.html", "h"]

    def test_unreadable_folder_is_reported(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder that may not be read is reported, or raised; the others are read."""
        for name in ("open", "shut"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "a.md").touch()

        def scandir(folder: Any) -> Any:
            if Path(folder).name == "shut":
                raise PermissionError(13, "Permission denied", str(folder))
            return scan(folder)

        scan, told = os.scandir, list[OSError]()
        monkeypatch.setattr(os, "scandir", scandir)
        assert find_files(tmp_path, told.append) == [tmp_path / "open" / "a.md"]
        assert [error.filename for error in told] == [str(tmp_path / "shut")]
        with pytest.raises(PermissionError):
            find_files(tmp_path)

    def test_named_folder_below_a_hidden_one_is_searched(self, tmp_path: Path) -> None:
        """A folder that is named is searched, even if it lies in a hidden one."""
        folder = tmp_path / ".notes" / "birds"
        folder.mkdir(parents=True)
        (folder / "ducks.txt").touch()
        assert find_files(folder) == [folder / "ducks.txt"]

    def test_file_that_may_not_be_looked_at_is_reported(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file that may be seen but not looked at is reported, and not found."""
        (tmp_path / "a.md").touch()
        monkeypatch.setattr(Path, "stat", Mock(side_effect=PermissionError(13, "Denied", "a.md")))
        told = list[OSError]()
        assert find_files(tmp_path, told.append) == []
        assert [error.filename for error in told] == ["a.md"]

    def test_named_file_is_taken_as_it_is(self, tmp_path: Path) -> None:
        """A file that is named is taken as it is, whatever its type."""
        assert find_files(tmp_path / "f.png") == [tmp_path / "f.png"]
