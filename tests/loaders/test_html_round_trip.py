"""Every word that a page shows is in its text once and in order, and no other."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.loaders.test_html import text_of

HIDES = [
    "<p hidden>{}</p>",
    "<nav>{}</nav>",
    "<template>{}</template>",
    "<i aria-hidden=true>{}</i>",
]
SHOWS = [
    "<h2>{}</h2>",
    "<p>{} <b>{}</b>{}</p>",
    "<p>{}<sup>{}</sup></p>",
    "<p><del>{}</del> {}</p>",
    "<p><a href='/0'>{}</a> {}</p>",
    "<p>{}<sup><a href='#0'>[{}]</a></sup></p>",
    "<details><summary>{}</summary>{}</details>",
    "<h3><button aria-expanded=false>{}</button></h3><p>{}</p>",
    "<a href='/0'><h3>{}</h3><p>{}</p></a>",
    "<ul><li>{}<ol type=a><li>{}<li>{}</ol><li>{}</ul>",
    "<table><tr><th colspan=2>{}<th>{}<tr><td rowspan=2>{}<td>{}<td>{}<tr><td>{}<td>{}</table>",
    "<table><caption>{}</caption><tr><td>{}<td>{}<tr><td>{}<td>{}</table>",
    "<table role=none><tr><td>{}<table><tr><td>{}<td>{}<tr><td>{}<td>{}</table></table>",
    "<dl><dt>{}<dd>{}</dl>",
    "<pre>{}\n{}</pre>",
    "<div><span>{}</span> <code>{}</code><br>{}",
    "<s>{}<p>{}",
    "<b><i>{}</b> {}</i>",
]
SHOWN_WORD = re.compile(r"v\d+")
SHIFTED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

TAGS = [
    *("<a href=x>", "</a>", "<s>", "</s>", "<sup>", "</sup>", "<q>", "<label>"),
    *("<p>", "</p>", "<div>", "</div>", "<h2>", "</h2>", "<pre>", "</pre>", "<details>"),
    *("<table>", "<thead>", "<tbody>", "<tr>", "<th>", "<td>", "</table>"),
    *("<ul>", "<li>", "</ul>", "<ruby>", "<rt>", "</ruby>"),
]

parts = st.lists(
    st.tuples(st.sampled_from(SHOWS), st.sampled_from(["", *HIDES])), min_size=1, max_size=12
)


@given(parts)
@settings(max_examples=60, deadline=None)
def test_each_shown_word_stands_once_in_order(chosen: list[tuple[str, str]]) -> None:
    """Each word that is shown stands once, in the order of the page; none that is hidden does."""
    page, count = "", 0
    for shown, hidden in chosen:
        words = [f"v{count + place}" for place in range(shown.count("{}"))]
        page += shown.format(*words) + hidden.format("hiddenword")
        count += len(words)
    text = text_of(f"<main>{page}")
    assert SHOWN_WORD.findall(text) == [f"v{number}" for number in range(count)]
    assert "hiddenword" not in text


@given(st.lists(st.sampled_from(TAGS), max_size=60))
@settings(max_examples=100, deadline=None)
def test_tags_in_any_order_lose_no_word(tags: list[str]) -> None:
    """Tags in any order, closed or not, lose no word and write none twice."""
    words = iter(range(len(tags)))
    page = "".join(f"{tag}v{next(words)} " for tag in tags)
    found = sorted(SHOWN_WORD.findall(text_of(f"<p>{page}")))
    assert found == sorted(f"v{number}" for number in range(len(tags)))
