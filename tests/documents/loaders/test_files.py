"""Documents among files."""

from pathlib import Path

from app.documents.loaders import find_files


class TestFindFiles:
    def test_folder(self, tmp_path: Path) -> None:
        """Of a folder it is the files of known types, in order, without hidden ones."""
        names = ["b.MD", "a/c.pdf", "a/b.docx", "a/.d.txt", ".git/e.txt", "f.png", "g.html", "h"]
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        found = [file.relative_to(tmp_path).as_posix() for file in find_files(tmp_path)]
        assert found == ["a/b.docx", "a/c.pdf", "b.MD", "g.html"]

    def test_file(self, tmp_path: Path) -> None:
        """A file that is named is taken as it is, whatever its type."""
        assert list(find_files(tmp_path / "f.png")) == [tmp_path / "f.png"]
