"""HTML to Markdown."""

from time import process_time

import pytest

from app.loaders import load
from app.loaders.exceptions import UnreadableDocument
from app.loaders.html.reader import read_html


def text_of(page: str) -> str:
    """The text of a page."""
    return read_html(page.encode(), None)[0]


class TestStructure:
    def test_headings_get_marks_and_paragraphs_blank_lines(self) -> None:
        """Headings get their marks, paragraphs blank lines, and inline marks leave no trace."""
        page = (
            "<h1>One <i>a</i></h1>intro<p>Some\n <b>bold</b> <a href=/x>link</a>.<h3>Deep\nx</h3>"
        )
        assert text_of(page) == "# One a\n\nintro\n\nSome bold [link](/x).\n\n### Deep x"

    def test_line_breaks_are_kept(self) -> None:
        """A line break and a blank line are kept, and of more blank lines one."""
        assert text_of("<p>a <br> b<br><br><br><br>c") == "a\nb\n\nc"

    def test_items_are_marked_or_counted_and_indented(self) -> None:
        """Items are marked or counted, and indented within other lists."""
        page = "<p>x<ul><li>a<li><p>b</p><ol start=9><li>c<li>d</ol></ul><ol><li></li><li>e</ol>"
        assert text_of(page) == "x\n\n- a\n- b\n  9. c\n  10. d\n2. e"

    def test_lines_of_an_item_stand_below_its_first(self) -> None:
        """Further lines of an item stand below its first."""
        assert text_of("<ul><li>a<br>b<li>c</ul>") == "- a\n  b\n- c"

    def test_item_without_a_list_is_marked(self) -> None:
        """An item outside of a list is marked, and ends where its element does."""
        assert text_of("<li>a</li>b") == "- a\n\nb"

    def test_absurd_first_number_becomes_one(self) -> None:
        """A list whose first number is none that a list would have begins at 1."""
        assert text_of(f"<ol start={'9' * 5_000}><li>a</ol>") == "1. a"

    def test_definitions_are_paragraphs(self) -> None:
        """A term and each of its meanings are paragraphs."""
        assert text_of("<dl><dt>a<dd>b<dd>c</dl>") == "a\n\nb\n\nc"

    def test_code_keeps_its_lines_in_a_longer_fence(self) -> None:
        """Code keeps its lines, inside of a fence that is longer than any of its own."""
        page = "<pre><code>\ndef f():\n    return '```'<br>f()\n</code></pre>Use <code>make</code>."
        fence = "`" * 4
        assert text_of(page) == f"{fence}\ndef f():\n    return '```'\nf()\n{fence}\n\nUse `make`."

    def test_code_has_no_structure_but_lines(self) -> None:
        """Within code there is no structure but lines."""
        page = "<pre>a\n<div><ul><li>b\n<pre>c</pre></ul></div>\nd</pre><p>e"
        assert text_of(page) == "```\na\nb\nc\nd\n```\n\ne"

    def test_blank_code_leaves_no_fence(self) -> None:
        """A block of code with nothing in it leaves no fence."""
        assert text_of("a<pre> \n </pre>b") == "a\n\nb"

    def test_image_is_its_alternative_text(self) -> None:
        """An image is its alternative text."""
        assert text_of("<p>See <img src='http://a.example/x' alt='the plan'>!") == "See the plan!"

    @pytest.mark.parametrize(
        "hidden",
        [
            "<script>no</script>",
            "<style>no</style>",
            "<nav><ul><li>no</ul></nav>",
            "<p hidden>no</p>",
            "<template><h1>no</h1></template>",
            "<svg><title>no</title></svg>",
            "<!-- no -->",
            "<p style='color: red; display : none'>no<br>no</p>",
            "<p style='visibility:hidden'>no</p>",
            "<span aria-hidden=true>no</span>",
            "<noscript>no</noscript>",
            "<object>no</object>",
            "<select><option>no</select>",
        ],
    )
    def test_hidden_text_is_left_out(self, hidden: str) -> None:
        """What the reader of a page does not see is not in its text."""
        assert read_html(f"<p>a</p>{hidden}<p>b</p>".encode(), None) == ("a\n\nb", None)

    def test_shown_text_is_kept(self) -> None:
        """An element that says that it is not hidden is in the text."""
        assert text_of("<p aria-hidden=false style='display: block'>yes") == "yes"


class TestTables:
    def test_table_has_a_line_for_each_row(self) -> None:
        """A table has a line for each row, and one below the first."""
        page = (
            "<table><caption>C</caption><tr><th>a<th>b|c<tr><td>1<p>2</p><td><ul><li>x<li>y</table>"
        )
        assert text_of(page) == "C\n\n| a | b\\|c |\n| --- | --- |\n| 1 2 | x y |"

    def test_neighbouring_tables_stay_two(self) -> None:
        """Two tables beside each other stay two."""
        row = "<table><tr><td>a<td>b</table>"
        assert text_of(row + row) == "| a | b |\n\n| a | b |"

    def test_table_of_one_column_is_text(self) -> None:
        """A table of one column is text."""
        assert text_of("<table><tr><td>a<tr><td>b</table>c") == "a\n\nb\n\nc"

    def test_layout_table_is_its_content(self) -> None:
        """A table that holds headings, code or tables is taken for the layout of these."""
        inner = "<table><tr><td>x<td>y</table>"
        page = (
            f"<table><tr><td>side<td>top<h2>Head</h2>text{inner}<td>last<tr><td>a<td>b</table>end"
        )
        assert text_of(page) == (
            "side\n\ntop\n\n## Head\n\ntext\n\n| x | y |\n\nlast\n\na\n\nb\n\nend"
        )
        assert text_of("<table><tr><td>1<td><pre>x</pre></table>") == "1\n\n```\nx\n```"
        assert text_of(f"<table><tr><td>a<td>{inner}</table>") == "a\n\n| x | y |"

    def test_blank_row_is_left_out(self) -> None:
        """A row without any text is left out."""
        assert text_of("<table><tr><td><td><tr><td>a<td>b</table>") == "| a | b |"

    def test_cells_without_a_table_are_text(self) -> None:
        """Cells outside of a table are text."""
        assert text_of("<tr><td>a</td><td>b</td></tr></table>c").split() == ["a", "b", "c"]


class TestTitle:
    @pytest.mark.parametrize(
        ("page", "title"),
        [
            ("<title> A &amp;\n B </title><h1>C</h1>", "A & B"),
            ("<title></title><h2>B</h2><h1>C</h1><h1>D</h1>", "C"),
            ("<title>A</title><title>B</title>", "A"),
            ("<p>text", None),
        ],
    )
    def test_title_is_the_pages_or_its_first_heading(self, page: str, title: str | None) -> None:
        """The title is the page's own, else its first highest heading."""
        document = load(f"<!doctype html>{page}<p>x".encode())
        assert document.title == title


class TestEncoding:
    @pytest.mark.parametrize(
        "declaration",
        [
            "<meta charset=windows-1251>",
            "<META http-equiv='Content-Type' content='text/html; charset=windows-1251'>",
            "<?xml version='1.0' encoding='windows-1251'?>",
        ],
    )
    def test_declared_encoding_is_used(self, declaration: str) -> None:
        """The encoding that the page declares is used."""
        page = f"{declaration}<p>Съешь ещё"
        assert read_html(page.encode("cp1251"), None)[0].endswith("Съешь ещё")

    @pytest.mark.parametrize("charset", ["cp1251", '"cp1251"'])
    def test_encoding_beside_the_file_wins(self, charset: str) -> None:
        """An encoding declared beside the file wins over one within it, as HTML has it."""
        document = load(
            "<meta charset=latin1><p>Я".encode("cp1251"),
            media_type=f"text/html; charset={charset}",
        )
        assert document.text == "Я"

    def test_utf8_page_is_read_whatever_it_declares(self) -> None:
        """A page in UTF-8 is read as UTF-8, whatever it declares."""
        assert text_of("<meta charset=latin1><p>é日") == "é日"


class TestHostile:
    def test_references_to_no_character_are_replaced(self) -> None:
        """References to what is no character become U+FFFD."""
        assert text_of("<p>a&#0;b&#xD800;c&#x110000;d") == "a\ufffdb\ufffdc\ufffdd"

    def test_entity_of_a_file_is_not_read(self) -> None:
        """An entity of a file is not read."""
        page = "<!doctype html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><p>&x;"
        assert "root" not in text_of(page)

    def test_text_is_found_at_any_depth(self) -> None:
        """Text is found however deep it lies, and the indent stays small."""
        text = text_of("<ul><li>" * 300 + "deep" + "<table><tr><td>" * 300 + "deeper")
        assert text.split() == ["-", "deep", "deeper"]
        assert len(text) < 50

    def test_text_alone_is_found_at_greater_depth(self) -> None:
        """Of a page that no browser shows as it is meant the text is left, and no script."""
        script = "<script>var a = '<p>';</script><!-- b -->"
        assert text_of("<div>" * 9_000 + f"deep {script}<p>&amp; deeper") == "deep\n& deeper"

    def test_formatting_that_never_ends(self) -> None:
        """What old pages never close costs them nothing of their structure."""
        assert text_of("<h1>Ducks</h1>" + "<p><font>eat" * 3_000).startswith("# Ducks\n\neat\n\n")

    def test_many_spaces_take_no_longer(self) -> None:
        """Many spaces take no more time than as much text."""
        start = process_time()
        assert text_of("<p>a" + "<b> </b>" * 30_000 + "b") == "a b"
        assert process_time() - start < 5

    def test_half_a_declaration_takes_no_longer(self) -> None:
        """A head that only begins to declare its encoding takes no more time than another."""
        start = process_time()
        assert text_of("<meta " * 220 + "charset=" + " " * 2_700 + "><p>a") == "a"
        assert process_time() - start < 5

    def test_too_many_characters_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A page of too many characters is refused while it is read."""
        monkeypatch.setattr("app.loaders.markdown.MAX_CHARS", 100)
        with pytest.raises(UnreadableDocument, match="split it"):
            text_of("<p>text" * 50)
        with pytest.raises(UnreadableDocument, match="split it"):
            text_of(f"<pre>{'x' * 200}</pre>")
