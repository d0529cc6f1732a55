"""Numbers that Word shows before headings and paragraphs."""

import pytest

from tests.support.word_files import numbered, paragraph, run
from tests.support.word_lists import abstract, level, numbers, shown, start, use

CLAUSES = level(0, "%1.", more=start(4)) + level(1, "%1.%2") + level(2, "(%3)", "lowerLetter")


class TestNumbers:
    def test_clauses_are_called_as_in_word(self) -> None:
        """A contract's headings and clauses have the numbers by which they are cited."""
        style = (
            '<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/>'
            '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        )
        title = '<w:pStyle w:val="H"/>'
        body = (
            paragraph("Rent", title)
            + numbered("It is due monthly.", 1)
            + numbered("in cash", 2)
            + numbered("by cheque", 2)
            + paragraph("Repairs", title)
            + numbered("They are the tenant's.", 1)
        )
        assert shown(body, abstract(CLAUSES) + use(), style) == (
            "# 4. Rent\n\n  4.1 It is due monthly.\n    (a) in cash\n    (b) by cheque\n\n"
            "# 5. Repairs\n\n  5.1 They are the tenant's."
        )

    @pytest.mark.parametrize(
        ("kind", "first", "expected"),
        [
            ("decimal", 9, ["9.", "10."]),
            ("decimalZero", 9, ["09.", "10."]),
            ("lowerLetter", 26, ["z.", "aa."]),
            ("upperLetter", 28, ["BB.", "CC."]),
            ("lowerRoman", 3, ["iii.", "iv."]),
            ("upperRoman", 1989, ["MCMLXXXIX.", "MCMXC."]),
            ("ordinal", 11, ["11th.", "12th."]),
            ("ordinal", 21, ["21st.", "22nd."]),
            ("cardinalText", 20, ["Twenty.", "Twenty-one."]),
            ("ordinalText", 19, ["Nineteenth.", "Twentieth."]),
            ("decimalEnclosedCircle", 1, ["①.", "②."]),
            ("japaneseCounting", 10, ["十.", "十一."]),
            ("russianLower", 4, ["\u0433.", "\u0434."]),
            ("custom", 7, ["007.", "008."]),
            ("aFormatOfTomorrow", 7, ["7.", "8."]),
            ("bullet", 1, ["-", "-"]),
            ("none", 1, [".", "."]),
            ("upperRoman", 2_000_000_000, ["2000000000.", "2000000001."]),
            ("lowerLetter", 0, ["0.", "a."]),
            ("lowerRoman", -5, ["-5.", "-4."]),
        ],
    )
    def test_number_is_in_its_format(self, kind: str, first: int, expected: list[str]) -> None:
        """A number is written in its format, or in digits where that is impossible."""
        levels = level(0, "%1.", kind, start(first))
        levels = levels.replace('"custom"', '"custom" w:format="001, 002, 003, ..."')
        assert numbers(levels, 0, 0) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Article %1", "Article 1 x"),
            ("§ %1", "§ 1 x"),
            ("Step %1:", "Step 1: x"),
            ("(%1)", "(1) x"),
            ("%1)", "1) x"),
            ("", "x"),
            ("Note:", "Note: x"),
            ("%9", "x"),
            ("100%", "100% x"),
        ],
    )
    def test_number_has_its_words(self, text: str, expected: str) -> None:
        """The words and signs around a number are shown with it."""
        assert shown(numbered("x"), abstract(level(0, text)) + use()) == expected

    def test_gap_is_what_the_list_says(self) -> None:
        """A number stands right before its text if the list wants nothing between them."""
        joined = level(0, "第%1章", more='<w:suff w:val="nothing"/>')
        apart = level(0, "%1.", more='<w:suff w:val="space"/>')
        assert shown(numbered("总则"), abstract(joined) + use()) == "第1章总则"
        assert shown(numbered("x"), abstract(apart) + use()) == "1. x"

    def test_legal_numbers_are_digits(self) -> None:
        """A level that is legal shows the numbers of all levels in digits."""
        legal = level(0, "%1", "upperRoman") + level(1, "%1.%2", more="<w:isLgl/>")
        assert numbers(legal, 0, 0, 1) == ["I", "II", "2.1"]
        assert numbers(legal.replace("<w:isLgl/>", ""), 0, 0, 1) == ["I", "II", "II.1"]

    def test_number_of_an_empty_paragraph_counts(self) -> None:
        """A numbered paragraph without text has a number, as on the page."""
        body = numbered("a") + numbered("<w:r/>") + numbered("c")
        assert shown(body, abstract(level(0, "%1.")) + use()) == "1. a\n2.\n3. c"

    def test_hidden_and_deleted_paragraphs_do_not_count(self) -> None:
        """A paragraph that is hidden or deleted has no number and takes none."""
        properties = '<w:numPr><w:numId w:val="1"/></w:numPr><w:rPr>{}</w:rPr>'
        hidden = paragraph(run("b", "<w:vanish/>"), properties.format("<w:vanish/>"))
        deleted = paragraph(f"<w:del>{run('b')}</w:del>", properties.format("<w:del/>"))
        body = numbered("a") + hidden + deleted + numbered("c")
        assert shown(body, abstract(level(0, "%1.")) + use()) == "1. a\n2. c"

    def test_end_of_a_section_has_no_number(self) -> None:
        """A paragraph that only ends a section has no number."""
        properties = '<w:numPr><w:numId w:val="1"/></w:numPr><w:sectPr/>'
        body = numbered("a") + paragraph("<w:r/>", properties) + numbered("c")
        assert shown(body, abstract(level(0, "%1.")) + use()) == "1. a\n2. c"

    def test_number_in_a_table_is_shown(self) -> None:
        """Paragraphs in the cells of a table have their numbers."""
        cell = "<w:tc>{}</w:tc>"
        rows = "".join(
            f"<w:tr>{cell.format(numbered(''))}{cell.format(paragraph(text))}</w:tr>"
            for text in ("Pump", "Valve")
        )
        numbering = abstract(level(0, "%1.")) + use()
        assert shown(f"<w:tbl>{rows}</w:tbl>", numbering) == (
            "| 1. | Pump |\n| --- | --- |\n| 2. | Valve |"
        )
