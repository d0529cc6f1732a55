"""What a page shows is text, also on demand; what it hides, or puts around its content, is not."""

import pytest

from app.loaders.html.reader import read_html
from tests.loaders.test_html import text_of


class TestShown:
    @pytest.mark.parametrize(
        "page",
        [
            "<h2><button>Who sweeps?</button></h2><p>yes",
            "<h2><button aria-controls=a>Who sweeps?</button></h2><p id=a hidden>yes",
            "<h2>Who sweeps?</h2><div hidden=until-found>yes</div>",
        ],
    )
    def test_heading_of_an_accordion_is_a_heading(self, page: str) -> None:
        """The heading of an accordion is a heading, and its panel is text."""
        assert text_of(page) == "## Who sweeps?\n\nyes"

    @pytest.mark.parametrize(
        "shown",
        [
            "<p aria-hidden=false>yes",
            "<details><summary>open</summary>yes</details>",
            "<dl><dt><button>open</button><dd>yes</dl>",
            "<button class=accordion>open</button><div class=panel style='display:none'>yes</div>",
            "<div role=tabpanel aria-hidden=true>yes</div>",
            "<style>.tab-pane{display:none}</style><div class=tab-pane>yes</div>",
            "<button data-bs-toggle=collapse data-bs-target='#c'>o</button><p id=c hidden>yes",
            "<div role=button>Which of the two doors is yes?</div>",
            "<button><h3>yes</h3></button>",
            "<dialog open><p>yes</dialog>",
            "<fieldset><legend>yes</legend></fieldset>",
            "<input value=yes readonly>",
            "<textarea>yes</textarea>",
            "<select><option>no<option selected>yes</select>",
            "<style>.hidden{display:none}</style><p class='hidden md:block'>yes",
            "<style>@media print{.a{display:none}}</style><p class=a>yes",
            "<style>p.a{display:none}.a{display:block}</style><p class=a>yes",
            "<svg><title>no</title><g><text>yes</text></g></svg>",
            "<div id=root aria-hidden=true>yes</div><div role=dialog><p>a cookie<button>ok</div>",
            "<footer><a href='tel:1'>yes</a></footer>",
            "<article><header><ul><li><a href=1>1</a><li><a href=2>2</a><li><a href=3>yes</a></ul>",
            "<div class='nav nav-tabs'><button role=tab>yes</button></div>",
            "<h1 class=cookies>yes</h1>",
        ],
    )
    def test_shown_text_is_kept(self, shown: str) -> None:
        """What the reader sees, at once or on demand, is in the text."""
        text = text_of(shown)
        assert "yes" in text
        assert "no" not in text

    def test_number_before_a_heading_in_a_button_stays(self) -> None:
        """A heading that is a button behind its number is a heading."""
        assert text_of("<h2>1. <button>Delivery</button></h2>") == "## 1. Delivery"

    def test_words_are_not_torn(self) -> None:
        """Where a word may break, it is one word still."""
        assert text_of("<p>rail<wbr>way co&shy;operate") == "railway cooperate"

    def test_reading_of_characters_follows_their_word(self) -> None:
        """The reading above characters follows the whole word."""
        page = "<ruby>東<rp>(</rp><rt>とう</rt><rp>)</rp>京<rt>きょう</rt></ruby>へ"
        assert text_of(page) == "東京(とうきょう)へ"

    def test_quotation_has_its_marks(self) -> None:
        """A quotation within a line has the marks that a browser shows."""
        assert text_of("<p>He said <q>no</q>.") == "He said “no”."

    def test_form_shows_what_it_is_filled_in_with(self) -> None:
        """A form is its labels with what is filled in and chosen."""
        page = (
            "<form><label>Name<input value='Ada Byron'></label><input type=hidden value=no>"
            "<label><input type=radio>Rail</label><label><input type=radio checked>Ship</label>"
            "<input type=password value=no><button>Send</button>"
        )
        assert text_of(page) == "Name Ada Byron Rail [x] Ship"

    def test_items_have_the_marks_that_a_browser_shows(self) -> None:
        """Items are counted in letters and Roman numbers, and from their own values."""
        page = "<ol type=a start=26><li>x<li>y</ol><ol type=I><li value=4>z<li>w</ol>"
        assert text_of(page) == "z. x\naa. y\nIV. z\nV. w"


class TestFormulas:
    def test_formula_stands_once(self) -> None:
        """A formula stands once, whether it is drawn, spoken or both."""
        formula = "<math><mrow><mi>a</mi><msup><mi>b</mi><mn>2</mn></msup></mrow>{}</math>"
        spoken = formula.format("<annotation>a b^2</annotation>")
        page = (
            f"<p>x <span class=katex-mathml>{spoken}</span><span aria-hidden=true>ab2</span> y"
            f"<p><span style='display:none' class=mwe-math-mathml-a11y>{spoken}</span>"
        )
        assert text_of(page) == "x ab² y\n\nab²"

    @pytest.mark.parametrize(
        ("formula", "text"),
        [
            ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
            ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", "(a+b)/2"),
            ("<msqrt><mn>2</mn></msqrt>", "√2"),
            ("<mroot><mi>x</mi><mn>3</mn></mroot>", "³√x"),
            ("<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>", "x₁²"),
            ("<msup><mi>x</mi></msup>", "x"),
            ("<mi>f</mi><mo>&#x2061;</mo>\n<mi>x</mi>", "fx"),
        ],
    )
    def test_formula_is_a_line(self, formula: str, text: str) -> None:
        """A formula is written in a line, with its meaning."""
        assert text_of(f"<math>{formula}</math>") == text


class TestNotShown:
    @pytest.mark.parametrize(
        "hidden",
        [
            "<button>Copy</button>",
            "<h2>x <button>Copy</button></h2>",
            "<form><button>Send this whole form to the office</button></form>",
            "<button type=submit>Send</button>",
            "<input type=submit value=no>",
            "<div role=navigation>no</div>",
            "<ul role=menu><li>no</ul>",
            "<ol class=breadcrumb><li>no</ol>",
            "<a class=skip-link href='#x'>no</a>",
            "<div class=share-buttons>no</div>",
            "<ins class=adsbygoogle>no</ins>",
            "<div id=cookie-banner>no</div>",
            "<div id=onetrust-banner-sdk>no</div>",
            "<div role=dialog><p>We like cookies, no?</p><button>OK</button></div>",
            "<dialog open class=m><p>Your consent, no?</p><button>OK</button></dialog>",
            "<div style='position:fixed'>Cookies, no? <a class=btn>OK</a></div>",
            "<dialog>no</dialog>",
            "<span class=sr-only>no</span>",
            "<p class=visually-hidden>no</p>",
            "<style>.x, #y{color:red;display:none!important}</style><p class=x>no</p>",
            "<style>@import 'z'; #y { visibility: hidden }</style><p id=y>no</p>",
            "<footer><ul><li><a href=1>no</a><li><a href=2>no</a><li><a href=3>no</ul></footer>",
            "<progress>no</progress><video>no</video><iframe>no</iframe>",
            "<p hidden=HIDDEN>no</p>",
            "<p aria-hidden=TRUE>no</p>",
        ],
    )
    def test_what_is_no_content_is_left_out(self, hidden: str) -> None:
        """What is hidden, done, asked or led to is not in the text."""
        assert text_of(f"<p>a</p>{hidden}<p>b</p>").replace("## x\n\n", "") == "a\n\nb"

    def test_sign_of_a_cell_is_what_it_is_said_to_be(self) -> None:
        """What is said in place of a sign, or of a number that is not said, stands once."""
        said = "<span class=sr-only>nine euro</span>"
        sign = "<span aria-hidden=true>€9</span>"
        assert text_of(f"<p>{said}{sign}") == text_of(f"<p>{sign}{said}") == "nine euro"
        cell = "<i aria-hidden=true></i><span class=sr-only>included</span>"
        page = f"<table><tr><th>a<th>b<tr><td>Backup<td>{cell}</table>"
        assert text_of(page).endswith("| Backup | included |")

    def test_notice_without_a_question_of_consent_is_text(self) -> None:
        """A notice is text unless it asks for consent."""
        assert text_of("<div class=notice>Shut on Monday.<button>OK</button></div>") == (
            "Shut on Monday."
        )
        assert text_of("<div class=banner><h1>Cookies</h1>We bake them.</div>").startswith("# Cook")

    def test_long_notice_is_content(self) -> None:
        """What is as long as a page is content, whatever it is called."""
        page = f"<div class=modal><p>cookies {'word ' * 1_000}</p><button>OK</button></div>"
        assert text_of(page).count("word") == 1_000


class TestTitle:
    def test_title_of_a_drawing_is_none_of_the_page(self) -> None:
        """The title of a drawing is not the page's."""
        assert read_html(b"<svg><title>no</title></svg><h1>yes</h1>", None)[1] == "yes"
