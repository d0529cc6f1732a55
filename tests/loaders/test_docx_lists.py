"""How the lists of Word count: where they begin anew, and what they share."""

import pytest

from tests.support.word_files import heading, numbered, paragraph
from tests.support.word_lists import abstract, level, numbers, override, shown, start, use


class TestRestarts:
    def test_level_begins_anew_below_each_higher_one(self) -> None:
        """A level begins anew below each paragraph of a higher level."""
        levels = level(0, "%1") + level(1, "%1.%2") + level(2, "%1.%2.%3")
        depths = (0, 1, 2, 2, 1, 2, 0, 2)
        expected = ["1", "1.1", "1.1.1", "1.1.2", "1.2", "1.2.1", "2", "2.1.1"]
        assert numbers(levels, *depths) == expected

    @pytest.mark.parametrize(
        ("restart", "expected"),
        [(0, ["1", "2", "3"]), (1, ["1", "2", "1"]), (2, ["1", "1", "1"]), (9, ["1", "1", "1"])],
    )
    def test_level_begins_anew_where_it_says(self, restart: int, expected: list[str]) -> None:
        """A level that says after which level it begins anew goes on after others."""
        levels = level(0, "A") + level(1, "B")
        levels += level(2, "%3", more=f'<w:lvlRestart w:val="{restart}"/>')
        found = numbers(levels, 0, 1, 2, 1, 2, 0, 1, 2)
        assert [number for number in found if number not in "AB"] == expected

    def test_level_that_was_left_out_counts_as_one(self) -> None:
        """A list that begins on its second level counts the first as if it had been there."""
        assert numbers(level(0, "%1") + level(1, "%1.%2"), 1, 1, 0) == ["1.1", "1.2", "2"]

    def test_uses_of_one_list_count_together(self) -> None:
        """Two uses of one list count together, unless one of them says where it begins."""
        numbering = abstract(level(0, "%1.") + level(1, "%2)"))
        numbering += use(1) + use(2) + use(3, 0, override(0, '<w:startOverride w:val="8"/>'))
        body = "".join(numbered("x", 0, key) for key in (1, 2, 3, 3, 1))
        assert shown(body, numbering) == "1. x\n2. x\n8. x\n9. x\n10. x"

    def test_use_may_show_its_numbers_otherwise(self) -> None:
        """A use of a list may have a level of its own."""
        own = level(0, "%1)", "upperLetter", start(3))
        numbering = abstract(level(0, "%1.")) + use(1, 0, override(0, own))
        assert shown(numbered("x"), numbering) == "C) x"

    def test_lists_do_not_count_together(self) -> None:
        """Different lists, and text boxes beside the text, count for themselves."""
        one = level(0, "%1.")
        numbering = abstract(one) + abstract(one, 5) + use(1) + use(2, 5)
        box = f"<w:r><w:txbxContent>{numbered('box')}</w:txbxContent></w:r>"
        body = numbered("a") + numbered("b", 0, 2) + paragraph(box) + numbered("c")
        assert shown(body, numbering) == "1. a\n1. b\n\n1. box\n\n2. c"


class TestStyles:
    STYLE = (
        '<w:style w:type="paragraph" w:styleId="{}"><w:name w:val="{}"/>'
        '<w:basedOn w:val="{}"/><w:pPr>{}</w:pPr></w:style>'
    )
    LIST = '<w:numPr><w:numId w:val="1"/></w:numPr>'

    def test_level_names_the_style_that_has_it(self) -> None:
        """A style is on the level that names it, as is a style that is based on it."""
        levels = level(0, "%1.") + level(1, "%1.%2", more='<w:pStyle w:val="Clause"/>')
        styles = self.STYLE.format("Clause", "Clause", "", self.LIST)
        styles += self.STYLE.format("Child", "Child", "Clause", "")
        body = numbered("a") + "".join(
            paragraph("x", f'<w:pStyle w:val="{style}"/>') for style in ("Clause", "Child")
        )
        assert shown(body, abstract(levels) + use(), styles) == "1. a\n  1.1 x\n  1.2 x"

    def test_style_may_name_another_list_than_its_base(self) -> None:
        """A style with a list of its own is on the first level, whatever its base says."""
        levels = level(0, "%1.") + level(1, "%1.%2")
        deep = '<w:numPr><w:ilvl w:val="1"/><w:numId w:val="2"/></w:numPr>'
        styles = self.STYLE.format("Base", "Base", "", deep)
        styles += self.STYLE.format("Own", "Own", "Base", self.LIST)
        body = paragraph("x", '<w:pStyle w:val="Own"/>')
        assert shown(body, abstract(levels) + use() + use(2), styles) == "1. x"

    def test_list_may_be_that_of_a_style(self) -> None:
        """A list may say that it is the one of a style of lists."""
        style = (
            '<w:style w:type="numbering" w:styleId="Legal"><w:name w:val="Legal"/>'
            '<w:pPr><w:numPr><w:numId w:val="9"/></w:numPr></w:pPr></w:style>'
        )
        link = '<w:numStyleLink w:val="Legal"/>'
        real = '<w:styleLink w:val="Legal"/>' + level(0, "§ %1")
        numbering = abstract(link) + abstract(real, 4) + use(1) + use(9, 4)
        assert shown(numbered("a") + numbered("b"), numbering, style) == "§ 1 a\n§ 2 b"

    def test_default_style_may_be_numbered(self) -> None:
        """Paragraphs that name no style have the default one, and its number."""
        style = self.STYLE.format("N", "Normal", "", self.LIST).replace(
            "<w:style ", '<w:style w:default="1" '
        )
        body = "<w:p><w:r><w:t>a</w:t></w:r></w:p><w:p/>" + heading("b")
        assert shown(body, abstract(level(0, "%1.")) + use(), style) == "1. a\n2.\n\n# 3. b"


class TestNonsense:
    @pytest.mark.parametrize("ilvl", ["9", "99999999999999999999", "-1", "one", ""])
    def test_impossible_levels_do_no_harm(self, ilvl: str) -> None:
        """A level that there cannot be is one of the nine."""
        body = numbered("x").replace('w:ilvl w:val="0"', f'w:ilvl w:val="{ilvl}"')
        assert shown(body, abstract(level(0, "%1.")) + use()).strip() in ("1. x", "- x")

    def test_circular_lists_do_no_harm(self) -> None:
        """Lists that are each other's do no harm."""
        style = (
            '<w:style w:styleId="{}"><w:pPr><w:numPr><w:numId w:val="{}"/></w:numPr></w:pPr>'
            "</w:style>"
        )
        styles = style.format("A", 2) + style.format("B", 1)
        link = '<w:numStyleLink w:val="{}"/>'
        numbering = abstract(link.format("A"), 0) + abstract(link.format("B"), 1)
        numbering += use(1, 0) + use(2, 1)
        assert shown(numbered("x"), numbering, styles) == "- x"

    def test_unknown_list_is_one_of_dashes(self) -> None:
        """A list that is not there is one of dashes."""
        assert shown(numbered("x", 0, 77), abstract(level(0, "%1.")) + use()) == "- x"
