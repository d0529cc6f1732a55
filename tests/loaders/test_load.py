"""What holds for every file, whatever its type."""

import re
import subprocess
import sys
from base64 import b64encode
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from io import BytesIO
from multiprocessing import get_context
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.loaders import LoadedDocument, load, load_text
from app.loaders.constants import CSV, DOCX, HTML, MARKDOWN, PDF, PLAIN_TEXT, TSV
from app.loaders.exceptions import UnreadableDocument, UnsupportedType
from tests.support.documents import pdf, word

PAGE = b"<!doctype html><html><head><title>Page</title></head><body><p>Hello</p></body></html>"
WORD = word(lambda document: document.add_paragraph("Hello"))
LATIN_TEXT = "text/plain; charset=latin1"
LABELS = st.sampled_from([None, "application/octet-stream", PLAIN_TEXT, MARKDOWN, HTML, PDF, DOCX])
SAMPLES = [pdf("Hello", "there"), WORD, PAGE, b"# Hello\n", "Grüße".encode("utf-16")]


def zipped(**members: str) -> bytes:
    """A zip archive."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def load_any(data: bytes, media_type: str | None) -> LoadedDocument | None:
    """The document, or None where the documented error is raised."""
    with suppress(UnreadableDocument):
        return load(data, media_type=media_type)
    return None


def check(document: LoadedDocument | None) -> None:
    """What every loaded document promises."""
    if document is not None:
        assert document.text.strip()
        assert not re.search("\x00|\r(?!\n)|[\ud800-\udfff]", document.text)
        assert document.title is None or 0 < len(document.title) <= 300


class TestAnyBytes:
    """What every file becomes, whatever bytes are in it."""

    @settings(deadline=None, max_examples=60)
    @given(st.binary(max_size=500), LABELS)
    def test_any_bytes_load_or_are_refused(self, data: bytes, label: str | None) -> None:
        """Arbitrary bytes are a document, or raise the documented error."""
        check(load_any(data, label))

    @settings(deadline=None, max_examples=60)
    @given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-16", "shift_jis"]), LABELS)
    def test_any_text_loads_or_is_refused(
        self, text: str, encoding: str, label: str | None
    ) -> None:
        """Any text in any encoding is a document, or raises the documented error."""
        check(load_any(text.encode(encoding, "ignore"), label))

    @settings(deadline=None, max_examples=60)
    @given(st.sampled_from(SAMPLES), st.data(), st.binary(max_size=20), LABELS)
    def test_any_damage_loads_or_is_refused(
        self, sample: bytes, data: st.DataObject, noise: bytes, label: str
    ) -> None:
        """A document with a damaged part loads, or raises the documented error."""
        start = data.draw(st.integers(0, len(sample)))
        end = data.draw(st.integers(start, min(len(sample), start + 40)))
        check(load_any(sample[:start] + noise + sample[end:], label))


class TestRecognition:
    """Which type a file is taken for."""

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            (pdf("Hello"), PDF),
            (b"\r\n" + pdf("Hello"), PDF),
            (WORD, DOCX),
            (PAGE, HTML),
            (b"\xef\xbb\xbf \n" + PAGE, HTML),
            (b"<?xml version='1.0'?>\n" + PAGE, HTML),
        ],
    )
    @pytest.mark.parametrize("label", [None, LATIN_TEXT, PDF, "image/png"])
    def test_content_is_believed_before_label_and_name(
        self, data: bytes, expected: str, label: str | None
    ) -> None:
        """What a file's content shows is believed before its label and its name."""
        document = load(data, name="picture.png", media_type=label)
        assert document.media_type == expected
        assert "Hello" in document.text

    @pytest.mark.parametrize(
        "text", [PAGE.decode(), "%PDF-1.4 is how a PDF begins.", "\ufeffa\r\n"]
    )
    def test_given_text_is_taken_as_it_is(self, text: str) -> None:
        """A text that is given as such is what it is, whatever it begins with."""
        document = load_text(text.encode())
        assert (document.text, document.title, document.media_type) == (text, None, PLAIN_TEXT)

    def test_page_may_begin_with_comments(self) -> None:
        """A page that begins with comments is recognised as HTML."""
        data = b"<!-- a -->\n<!---->" * 40 + PAGE
        assert load(data).media_type == HTML

    def test_many_comments_take_no_time(self) -> None:
        """Five thousand comments before what is no page are recognised in no time."""
        program = "from app.loaders import recognise\nprint(recognise(b'<!---->' * 5_000 + b'x'))"
        done = subprocess.run(
            [sys.executable, "-c", program], timeout=60, check=True, capture_output=True, text=True
        )
        assert done.stdout == f"{PLAIN_TEXT}\n"

    @pytest.mark.parametrize(
        ("label", "name", "expected"),
        [
            ("text/markdown; charset=utf-8", "upload", MARKDOWN),
            ("text/x-markdown", None, MARKDOWN),
            ("Text/HTML", "a", HTML),
            ("application/xhtml+xml", None, HTML),
            ("text/plain", "a.md", MARKDOWN),
            ("text/html", "a.md", MARKDOWN),
            ("text/csv", None, CSV),
            ("application/vnd.ms-excel", "parts", CSV),
            ("application/json", "parts.tsv", TSV),
            ("application/json", "a.json", PLAIN_TEXT),
            ("text/x-python", "a.py", PLAIN_TEXT),
            ("image/png", "plan.dwg", PLAIN_TEXT),
            ("binary/octet-stream", "Notes.md", MARKDOWN),
            ("application/octet-stream", "Notes.MD", MARKDOWN),
            (None, "folder/page.htm", HTML),
            ("", "README", PLAIN_TEXT),
            (None, None, PLAIN_TEXT),
        ],
    )
    def test_name_is_believed_before_the_label(
        self, label: str | None, name: str | None, expected: str
    ) -> None:
        """A text has the type of its extension, else that of its label, else it is plain."""
        assert load(b"Hello", name=name, media_type=label).media_type == expected

    @pytest.mark.parametrize(
        ("data", "what"),
        [
            (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "image/jpeg"),
            (b"\x7fELF\x02\x01\x01\x00", "application/x-elf"),
            (zipped(a="b"), "a zip archive"),
            (zipped(), "a zip archive"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "an Office document of before 2007"),
        ],
    )
    @pytest.mark.parametrize("label", [None, LATIN_TEXT, DOCX])
    def test_other_types_are_named_and_refused(
        self, data: bytes, what: str, label: str | None
    ) -> None:
        """Another type is named and refused, whatever it is labelled as."""
        with pytest.raises(UnsupportedType, match=f"This is .*{what}"):
            load(data, media_type=label)

    def test_text_about_pdf_is_text(self) -> None:
        """A text that begins as a PDF does, and holds nothing of one, is text."""
        assert load(b"%PDF-1.7 is how a PDF begins.", name="a.txt").media_type == PLAIN_TEXT

    def test_unknown_binary_is_refused(self) -> None:
        """A file of no known kind is refused."""
        with pytest.raises(UnsupportedType, match="binary file of an unknown type"):
            load(bytes(range(32)))

    @pytest.mark.parametrize("label", [PDF, "application/x-pdf", DOCX])
    @pytest.mark.parametrize("name", [None, "a.pdf", "a.docx"])
    def test_text_is_text_whatever_it_is_called(self, label: str, name: str | None) -> None:
        """Text that is called a PDF or a Word document is read as the text that it is."""
        assert load(b"Hello", name=name, media_type=label).media_type == PLAIN_TEXT

    @pytest.mark.parametrize(("label", "kind"), [(PDF, "a PDF"), (DOCX, "a Word document")])
    def test_binary_file_that_is_called_so_is_refused(self, label: str, kind: str) -> None:
        """What is no text and is called a PDF or a Word document wrongly is refused."""
        with pytest.raises(UnreadableDocument, match=f"labelled as {kind} but is none"):
            load(bytes(range(32)), media_type=label)


class TestText:
    """What a text becomes."""

    def test_document_is_the_same_in_another_process(self) -> None:
        """A document comes out of a worker process as it was."""
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            document = pool.submit(load, b"# Hello", media_type=MARKDOWN).result()
        assert document == LoadedDocument("# Hello", "Hello", MARKDOWN)

    def test_line_ends_stay(self) -> None:
        """Line ends stay as they are, but a CR alone is a line feed; all else stays too."""
        document = load(b"a \r\nb\rc\n\n\td\x0c")
        assert document.text == "a \r\nb\nc\n\n\td\x0c"
        assert document.title is None

    def test_table_of_a_csv_file(self) -> None:
        """A CSV file is a table."""
        document = load(b"part;litres\r\nA;3,5\r\n", name="parts.csv")
        assert document.text == "| part | litres |\n| --- | --- |\n| A | 3,5 |"

    def test_rubbish_is_a_placeholder(self) -> None:
        """What nobody searches for is left out, and the text says so."""
        picture = b64encode(bytes(range(256)) * 20).decode()
        for data, name in (
            (f"![chart](data:image/png;base64,{picture})\n\nSales rose.", "a.md"),
            (f"<p>data:image/png;base64,{picture}</p><p>Sales rose.</p>", "a.html"),
        ):
            text = load(data.encode(), name=name).text
            assert "picture left out: image/png" in text
            assert "Sales rose." in text
            assert len(text) < 100

    def test_plain_text_has_no_title(self) -> None:
        """A plain text has no title, whatever looks like one: it may be a program's comment."""
        assert load(b"# set -e\n\nmake", name="a.txt", media_type=None).title is None

    @pytest.mark.parametrize("label", [None, PLAIN_TEXT, MARKDOWN, HTML, PDF, DOCX])
    @pytest.mark.parametrize("data", [b"", b" \r\n\t"])
    def test_empty_file_is_refused(self, data: bytes, label: str | None) -> None:
        """An empty file is refused, and told to be empty."""
        with pytest.raises(UnreadableDocument, match="This file is empty"):
            load(data, media_type=label)

    def test_blank_file_is_refused(self) -> None:
        """A file with nothing but blank space in it is refused."""
        with pytest.raises(UnreadableDocument, match="no text in this file"):
            load("\u3000\u2003\n".encode())

    def test_too_many_characters_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A text of too many characters is refused."""
        monkeypatch.setattr("app.loaders.MAX_CHARS", 5)
        assert load(b"12345").text == "12345"
        with pytest.raises(UnreadableDocument, match="split it"):
            load(b"123456")
