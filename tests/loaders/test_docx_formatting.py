"""Formatting, signs, fields and formulas that change what a text says."""

import pytest

from app.loaders.docx.reader import read_docx
from tests.support.word_files import field, heading, paragraph, run, word_file

RAISED = '<w:vertAlign w:val="superscript"/>'
LOWERED = '<w:vertAlign w:val="subscript"/>'
STRUCK = "<w:strike/>"
SUM = (
    '<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{i=1}</m:sub><m:sup>{n}</m:sup>'
    "<m:e>{i}</m:e></m:nary>"
)
MATRIX = (
    "<m:m><m:mr><m:e>{1}</m:e><m:e>{0}</m:e></m:mr><m:mr><m:e>{0}</m:e><m:e>{1}</m:e></m:mr></m:m>"
)


def shown(content: str, styles: str = "", properties: str = "") -> str:
    """The text of a document of one paragraph."""
    return read_docx(word_file(paragraph(content, properties), {"styles": styles}))[0]


def style(key: str, formatting: str, base: str = "") -> str:
    """A style with this formatting of its text."""
    based = f'<w:basedOn w:val="{base}"/>'
    return f'<w:style w:styleId="{key}">{based}<w:rPr>{formatting}</w:rPr></w:style>'


class TestFormatting:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (run("10") + run("6", RAISED) + run(" cells"), "10⁶ cells"),
            (run("H") + run("2", LOWERED) + run("O"), "H₂O"),
            (run("10") + run("1", RAISED) + run("2", RAISED), "10¹²"),
            (run("x") + run("ab", RAISED), "x^ab"),
            (run("at ") + run("9", STRUCK) + run("0", "<w:dstrike/>") + run(" 95"), "at ~~90~~ 95"),
            (run("a", STRUCK) + run("2", STRUCK + RAISED) + run("b"), "~~a²~~b"),
            (run("a", '<w:strike w:val="0"/>') + run("b", '<w:strike w:val="false"/>'), "ab"),
            (run("m2", '<w:vertAlign w:val="baseline"/>'), "m2"),
            (run("shown") + run("hidden", "<w:vanish/>"), "shown"),
            (f"<w:ins>{run('new')}</w:ins><w:del>{run('old', STRUCK)}</w:del>", "new"),
        ],
    )  # fmt: skip
    def test_formatting_is_in_the_text(self, content: str, expected: str) -> None:
        """Raised, lowered and struck-out text is told from other text, hidden text is left out."""
        assert shown(content) == expected

    def test_styles_format_text(self) -> None:
        """Styles of text and of paragraphs raise, strike out and hide; a run takes it back."""
        styles = style("Base", STRUCK) + style("Child", "", "Base") + style("Secret", "<w:vanish/>")
        child, secret = '<w:rStyle w:val="Child"/>', '<w:rStyle w:val="Secret"/>'
        assert shown(run("a") + run("b", child) + run("c", secret), styles) == "a~~b~~"
        in_style = '<w:pStyle w:val="Child"/>'
        assert shown(run("a") + run("b", '<w:strike w:val="0"/>'), styles, in_style) == "~~a~~b"
        # Two styles that strike out take each other back (17.7.3).
        assert shown(run("a", child) + run("b"), styles, in_style) == "a~~b~~"

    def test_former_formatting_does_not_count(self) -> None:
        """Formatting before a tracked change does not count."""
        former = f"<w:rPrChange><w:rPr>{STRUCK}</w:rPr></w:rPrChange>"
        assert shown(run("a", former)) == "a"

    def test_formatting_ends_with_its_paragraph(self) -> None:
        """What the first paragraph strikes out, the second does not."""
        body = paragraph(run("a", STRUCK)) + heading("b")
        assert read_docx(word_file(body))[0] == "~~a~~\n\n# b"


class TestSigns:
    @pytest.mark.parametrize(
        ("font", "code", "expected"),
        [
            ("Symbol", "F061", "\u03b1"),
            ("Symbol", "B3", "≥"),
            ("Wingdings", "F0FC", "✓"),
            ("Wingdings", "F0FE", "☑"),
            ("Wingdings 2", "F052", "☑"),
            ("Arial", "20AC", "€"),
            ("Unheard Of", "F041", ""),
            ("Symbol", "F0FF", ""),
            ("Symbol", "no hex", ""),
            ("Arial", "FFFFFFFF", ""),
        ],
    )
    def test_symbol_is_what_its_font_shows(self, font: str, code: str, expected: str) -> None:
        """A symbol is the character that its font shows; an unknown one is left out."""
        sign = f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'
        assert shown(run("a") + sign + run("b")) == f"a{expected}b"

    def test_text_in_a_font_of_symbols_is_what_it_shows(self) -> None:
        """Letters in a font of symbols are symbols."""
        font = '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'
        assert shown(run("Angle ") + run("a \uf0b3 2", font)) == "Angle \u03b1 ≥ 2"

    @pytest.mark.parametrize(
        ("sign", "expected"),
        [
            ("<w:tab/>", "a b"),
            ('<w:ptab w:alignment="right"/>', "a b"),
            ("<w:softHyphen/>", "ab"),
            ("<w:t>\u00ad</w:t>", "ab"),
            ("<w:noBreakHyphen/>", "a-b"),
            ('<w:br w:type="page"/>', "a\nb"),
            ("<w:lastRenderedPageBreak/>", "ab"),
        ],
    )
    def test_signs_in_a_word(self, sign: str, expected: str) -> None:
        """Tabs are spaces, and hyphens that are not seen are none."""
        assert shown(f"{run('a')}<w:r>{sign}</w:r>{run('b')}") == expected

    def test_ruby_is_its_base(self) -> None:
        """A word whose reading stands above it is that word."""
        ruby = f"<w:ruby><w:rt>{run('とう')}</w:rt><w:rubyBase>{run('東')}</w:rubyBase></w:ruby>"
        assert shown(f"<w:r>{ruby}</w:r>{run('京')}") == "東京"


class TestFields:
    def test_results_are_text_and_codes_are_not(self) -> None:
        """A field is its result, also where fields stand in its code."""
        assert shown(field("DATE", run("3 May"))) == "3 May"
        sign = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
        inside = field("MERGEFIELD n", run("7")) + sign.format("separate") + run("seven")
        assert shown(sign.format("begin") + inside + sign.format("end")) == "seven"

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ('HYPERLINK "https://a.example/b"', "[here](https://a.example/b)"),
            ("hyperlink https://a.example/b", "[here](https://a.example/b)"),
            ('HYPERLINK "https://a.example/b" \\l "c" \\o "tip"', "[here](https://a.example/b#c)"),
            ('HYPERLINK \\l "place"', "here"),
        ],
    )
    def test_links_keep_their_address(self, code: str, expected: str) -> None:
        """The address of a link that is a field stays with its text."""
        assert shown(field(code, run("he") + run("re", "<w:b/>"))) == expected

    def test_links_within_the_document_have_no_address(self) -> None:
        """A link to another page keeps its address, one within the document has none."""
        link = f'<w:hyperlink r:id="l" w:anchor="c">{run("out")}</w:hyperlink>'
        inside = f'<w:hyperlink w:anchor="place">{run("in")}</w:hyperlink>'
        data = word_file(
            heading(link + run(" ") + inside), {}, {"l": ("hyperlink", "https://a.example/b")}
        )
        assert read_docx(data)[0] == "# [out](https://a.example/b#c) in"

    def test_field_without_an_end_hides_nothing(self) -> None:
        """A field that is never ended does not hide the paragraphs after it."""
        begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        body = paragraph(run("a") + begin) + paragraph(run("b") + end + end) + paragraph("c")
        assert read_docx(word_file(body))[0] == "a\n\nb\n\nc"

    def test_field_that_was_deleted_in_part(self) -> None:
        """A field whose end stands in deleted text ends there."""
        begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        end = '<w:del><w:r><w:fldChar w:fldCharType="end"/></w:r></w:del>'
        assert shown(begin + end + run("a")) == "a"

    def test_forms_show_their_values(self) -> None:
        """Boxes and lists of a form show what was chosen."""

        def form(data: str) -> str:
            begin = f'<w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar>'
            return f'<w:r>{begin}<w:fldChar w:fldCharType="end"/></w:r>'

        checked = form('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>')
        empty = form('<w:checkBox><w:default w:val="0"/></w:checkBox>')
        entries = '<w:listEntry w:val="red"/><w:listEntry w:val="blue"/>'
        chosen = form(f'<w:ddList><w:result w:val="1"/>{entries}</w:ddList>')
        assert shown(checked + empty + chosen) == "☒☐blue"


class TestContentControls:
    def test_value_is_text_and_placeholder_is_not(self) -> None:
        """What was filled in is text once; the program's own "click here" is not."""

        def control(properties: str, text: str) -> str:
            content = f"<w:sdtContent>{run(text)}</w:sdtContent>"
            return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr>{content}</w:sdt>"

        filled = control('<w:dropDownList><w:listItem w:value="x"/></w:dropDownList>', "red ")
        empty = control("<w:showingPlcHdr/>", "Click here")
        ticked = control("<w:checkbox/>", "☒")
        assert shown(filled + empty + ticked) == "red ☒"


class TestFormulas:
    @pytest.mark.parametrize(
        ("formula", "expected"),
        [
            ("<m:sSup><m:e>{x}</m:e><m:sup>{2}</m:sup></m:sSup>", "x²"),
            ("<m:sSub><m:e>{x}</m:e><m:sub>{2}</m:sub></m:sSub>", "x₂"),
            ("<m:f><m:num>{a}</m:num><m:den>{b}</m:den></m:f>", "a/b"),
            ("<m:f><m:num>{a+b}</m:num><m:den>{2}</m:den></m:f>", "(a+b)/2"),
            ("<m:rad><m:deg/><m:e>{a+b}</m:e></m:rad>", "√(a+b)"),
            ("<m:rad><m:deg>{3}</m:deg><m:e>{x}</m:e></m:rad>", "³√x"),
            ("<m:d><m:e>{a}</m:e><m:e>{b}</m:e></m:d>", "(a|b)"),
            ('<m:d><m:dPr><m:begChr m:val="["/></m:dPr><m:e>{a}</m:e></m:d>', "[a)"),
            (SUM, "∑ᵢ₌₁ⁿi"),
            ("<m:func><m:fName>{sin}</m:fName><m:e>{x}</m:e></m:func>", "sin x"),
            (MATRIX, "1, 0; 0, 1"),
            ("<m:acc><m:e>{x}</m:e></m:acc>", "x\u0302"),
        ],
    )  # fmt: skip
    def test_formula_is_one_line(self, formula: str, expected: str) -> None:
        """What stands above or below in a formula is told from what stands on its line."""
        text = formula.replace("{", "<m:r><m:t>").replace("}", "</m:t></m:r>")
        assert shown(f"{run('y')}<m:oMath>{text}</m:oMath>") == f"y{expected}"
