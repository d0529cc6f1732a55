"""Marks that change what a text means, as pages make them."""

from time import process_time

import pytest

from tests.loaders.test_html import text_of


class TestRaisedAndLowered:
    @pytest.mark.parametrize(
        ("written", "text"),
        [
            ("10<sup>9</sup> bytes", "10⁹ bytes"),
            ("10<sup>-9</sup> m", "10⁻⁹ m"),
            ("CO<sub>2</sub>", "CO₂"),
            ("2<sup>k+1</sup>", "2^(k+1)"),
            ("10<span style='vertical-align: super'>9</span>", "10⁹"),
            ("the 4<sup>th</sup> floor", "the 4th floor"),
            ("heron<sup id=r><a href='#n'>[7]</a></sup> flies", "heron[7] flies"),
            ("heron<sup><a href='page.html#n'>[7]</a></sup>", "heron[7]"),
            ("250 euro<sup><a href='#n'>3</a></sup>", "250 euro³"),
            ("<sup></sup>a<sup> </sup>b", "a b"),
        ],
    )
    def test_raised_and_lowered_text_says_so(self, written: str, text: str) -> None:
        """What is raised or lowered does not run into what stands before it."""
        assert text_of(f"<p>{written}") == text

    def test_styles_of_the_page_raise_and_strike(self) -> None:
        """The page's own styles raise and strike out, as pages of word processors have it."""
        style = "<style>.c1{vertical-align:super} p .c9{} span.c2 { text-decoration: line-through }"
        page = f"{style}</style><p>10<span class='c7 c1'>4</span> <span class=c2>old</span> new"
        assert text_of(page) == "10⁴ ~~old~~ new"


class TestStruck:
    def test_struck_text_is_marked(self) -> None:
        """Struck-out text is marked, and what was put in its place is text."""
        page = "<p>Pay <del>70</del> <ins>80</ins> euro, <s>now</s> <strike>later</strike> never."
        assert text_of(page) == "Pay ~~70~~ 80 euro, ~~now~~ ~~later~~ never."

    def test_struck_blocks_are_each_marked(self) -> None:
        """Each block and each cell of what is struck out is marked."""
        page = "<del><p>a</p><ul><li>b<li>c</ul></del><p>d"
        assert text_of(page) == "~~a~~\n\n- ~~b~~\n- ~~c~~\n\nd"
        page = "<table><tr><th>a<th>b<tr style='text-decoration:line-through'><td>1<td>2</table>"
        assert text_of(page).endswith("| ~~1~~ | ~~2~~ |")

    def test_strikes_within_each_other_are_one(self) -> None:
        """What is struck out twice is marked once."""
        assert text_of("<p><s>a <del>b</del></s> c") == "~~a b~~ c"


class TestLinks:
    @pytest.mark.parametrize(
        ("written", "text"),
        [
            ("<a href='/room'>a room</a>", "[a room](/room)"),
            ("<a href='https://x.example/a b'>a</a>", "[a](https://x.example/a%20b)"),
            ("<a href='https://x.example/'>x.example</a>", "x.example"),
            ("<a href='#top'>top</a>", "top"),
            ("<a href='javascript:go()'>go</a>", "go"),
            ("<a name=x>here</a>", "here"),
            ("<a href=/plan><img alt='the plan' src=p.png></a>", "[the plan](/plan)"),
            ("<a href=/none><img src=p.png></a>", ""),
            ("<a href='/a\nb'>a</a>", "[a](/ab)"),
        ],
    )
    def test_link_keeps_its_address(self, written: str, text: str) -> None:
        """A link keeps its address, where that leads out of the page."""
        assert text_of(f"<p>{written}") == text

    def test_link_starts_from_the_base_of_the_page(self) -> None:
        """An address starts from where the page says that it stands."""
        page = "<base href='https://x.example/a/'><p><a href='../b?c'>b</a> <a href='#d'>d</a>"
        assert text_of(page) == "[b](https://x.example/b?c) d"
        page = "<base href='https://x.example/'><p><a href='http://[x/'>b</a>"
        assert text_of(page) == "[b](http://[x/)"

    def test_link_over_blocks_gives_its_address_once(self) -> None:
        """A link over several blocks leaves them as they are, and gives its address once."""
        page = "<a href=/bike><h3>Bike</h3><p>Red.</p></a><p>End."
        assert text_of(page) == "### [Bike](/bike)\n\nRed.\n\nEnd."

    def test_title_has_no_address(self) -> None:
        """A heading that is a link is a title without its address."""
        from app.loaders.html.reader import read_html

        page = b"<h1><a href=/bike>Bike <sup>2</sup></a></h1>"
        assert read_html(page, None) == ("# [Bike ²](/bike)", "Bike 2")


class TestHostileMarks:
    @pytest.mark.parametrize("mark", ["<s>", "<sup>", "<a href=/x>", "<q>", "<s><sub><a href=y>"])
    def test_marks_that_never_end_take_no_longer(self, mark: str) -> None:
        """Marks that never end neither lose text nor take more time than others."""
        start = process_time()
        text = text_of(mark * 2_000 + "<p>word " * 2_000)
        assert text.count("word") == 2_000
        assert process_time() - start < 5

    def test_marks_within_each_other_take_no_longer(self) -> None:
        """A long text within many marks is not copied for each of them."""
        start = process_time()
        text = text_of("<sup>" * 5_000 + "x" * 200_000 + "</sup>" * 5_000)
        assert text.count("x") == 200_000
        assert process_time() - start < 5
