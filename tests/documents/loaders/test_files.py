"""Documents among files."""

import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from app.documents.loaders import find_files


class TestFindFiles:
    def test_folder(self, tmp_path: Path) -> None:
        """Of a folder it is the files of known types, in order, without hidden ones."""
        names = ["b.MD", "a/c.pdf", "a/b.docx", "a/.d.txt", ".git/e.txt", "f.png", "g.html", "h"]
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        (tmp_path / "i.md").symlink_to(tmp_path / "gone.md")
        found = [file.relative_to(tmp_path).as_posix() for file in find_files(tmp_path)]
        assert found == ["a/b.docx", "a/c.pdf", "b.MD", "g.html"]

    def test_unreadable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder that may not be read is told, or raised; the others are read."""
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
        assert [each.filename for each in told] == [str(tmp_path / "shut")]
        with pytest.raises(PermissionError):
            find_files(tmp_path)

    def test_below_hidden(self, tmp_path: Path) -> None:
        """A folder that lies in a hidden one is taken: it was named."""
        folder = tmp_path / ".notes" / "birds"
        folder.mkdir(parents=True)
        (folder / "ducks.txt").touch()
        assert find_files(folder) == [folder / "ducks.txt"]

    def test_shut(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """So it is of a file that may be seen but not looked at."""
        (tmp_path / "a.md").touch()
        monkeypatch.setattr(Path, "stat", Mock(side_effect=PermissionError(13, "Denied", "a.md")))
        told = list[OSError]()
        assert find_files(tmp_path, told.append) == []
        assert [each.filename for each in told] == ["a.md"]

    def test_file(self, tmp_path: Path) -> None:
        """A file that is named is taken as it is, whatever its type."""
        assert find_files(tmp_path / "f.png") == [tmp_path / "f.png"]
