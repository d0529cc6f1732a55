"""Cuts a text into passages along its own structure, measured in the embedding model's tokens."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tokenizers import Tokenizer

from app.core.constants import MODEL_TOKENS
from app.documents.ingestion.ruler import TEXT_TOKENS, Ruler, Span
from app.loaders.titles import LINK

SPECIAL_TOKENS: Final = 2
PASSAGE_TOKENS: Final = MODEL_TOKENS - SPECIAL_TOKENS
NAME_BYTES: Final = 100  # of a title or a heading
LONGEST_NAME: Final = 1_000  # characters of a heading, the addresses of its links among them
PREFIX_BYTES: Final = 180  # of title and headings: whatever the script, 74 tokens are left for text

BLOCK: Final = re.compile(
    r"""
    ^\ {0,3}(?P<fence>`{3,}(?=[^`\n]*$)|~{3,}) (?s:.*?) (?:^\ {0,3}(?P=fence)[`~]*\s*?$|\Z)
    | ^\ {0,3}(?P<hashes>\#{1,6})(?:[ \t]+(?P<atx>[^\n]*)|\s*?$)
    | ^(?P<setext>[^\S\n]*\S[^\n]*)\n\ {0,3}(?P<underline>=+|-+)[ \t]*\r?$
    | (?:^(?!\ {0,3}(?:`{3}|~{3}|\#{1,6}\s))[^\S\n]*\S[^\n]*(?:\n|\Z))++
    | ^[^\S\n]*\S[^\n]*
    """,
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of retrieval: `text` is exactly the document's text[start:end].

    `headings` are those above it, outermost first; a heading that opens it is in its text. Where it
    begins between the rows of a table, `table_header` is the header of that. `page` is where it
    begins, None where the document has no pages.
    """

    ordinal: int
    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    page: int | None = None
    table_header: str | None = None


def split(
    text: str,
    tokenizer: Tokenizer,
    *,
    title: str = "",
    page_starts: Sequence[int] = (),
    passage_tokens: int = PASSAGE_TOKENS,
) -> list[Passage]:
    """Passages of at most `passage_tokens`, in order; nothing but blank space lies between them.

    With the title, headings and table header in front (`embedding_text`), each fits into the
    model's window. The tokenizer must not truncate. `page_starts` are offsets into the text.
    """
    if tokenizer.truncation:
        raise ValueError("The tokenizer must not truncate.")
    ruler = Ruler(text, tokenizer)
    spans: list[tuple[Span, str]] = []
    for section in _sections(_blocks(text)):
        prefixes = {_prefix(title, block.headings) for block in section}
        # A single character may stand for many tokens: a title of such takes not all the room.
        room = max(TEXT_TOKENS, PASSAGE_TOKENS - max(map(ruler.measure, prefixes)))
        spans += _pack(section, ruler, min(passage_tokens, room))
    return [
        Passage(
            ordinal,
            span.start,
            span.end,
            text[span.start : span.end],
            span.headings,
            bisect_right(page_starts, span.start) or None,
            table_header or None,
        )
        for ordinal, (span, table_header) in enumerate(spans)
    ]


def embedding_text(
    title: str, headings: Sequence[str], text: str, table_header: str | None = None
) -> str:
    """What is embedded and indexed: the passage, after its title, heading path and table header."""
    return _prefix(title, headings) + (f"{table_header}\n" if table_header else "") + text


def _prefix(title: str, headings: Sequence[str]) -> str:
    path = " > ".join(dict.fromkeys(name for name in (_clip(title), *headings) if name))
    # What is nearest to the passage says most about it: a long path loses its beginning.
    return path.encode()[-PREFIX_BYTES:].decode(errors="ignore") + "\n" if path else ""


def _clip(name: str) -> str:
    # The model has no token shorter than a byte: bytes bound the tokens in every script.
    return name.strip().encode()[:NAME_BYTES].decode(errors="ignore")


def _blocks(text: str) -> Iterator[Span]:
    """Headings, fenced code, and whatever else stands between blank lines."""
    path: dict[int, str] = {}
    for match in BLOCK.finditer(text):
        level, heading = _heading(match)
        if level:
            path = {upper: name for upper, name in path.items() if upper < level}
        end = match.start() + len(match[0].rstrip())
        yield Span(match.start(), end, tuple(path.values()), is_heading=bool(level))
        if heading:
            path[level] = heading


def _heading(match: re.Match[str]) -> tuple[int, str]:
    """Its level and clipped name; level 0 for a block that is no heading."""
    if match["hashes"]:
        return len(match["hashes"]), _name((match["atx"] or "").rstrip().rstrip("#"))
    if match["setext"]:
        return 1 if match["underline"].startswith("=") else 2, _name(match["setext"])
    return 0, ""


def _name(heading: str) -> str:
    # Clipped first: the pattern of a link takes quadratic time on a long line of brackets.
    return _clip(LINK.sub(r"\1", heading[:LONGEST_NAME]))


def _sections(blocks: Iterable[Span]) -> Iterator[list[Span]]:
    """Headings and the blocks under them; a heading with nothing under it joins the next."""
    section: list[Span] = []
    for block in blocks:
        if block.is_heading and section and not section[-1].is_heading:
            yield section
            section = []
        section.append(block)
    if section:
        yield section


def _pack(section: list[Span], ruler: "Ruler", limit: int) -> Iterator[tuple[Span, str]]:
    """Joins neighbours into passages as long as they fit, each with its table header."""
    first, *rest = [part for block in section for part in ruler.fit(block, limit)]
    joined, header = first, ruler.table_header(first, limit)
    for span in rest:
        if ruler.count(joined.start, span.end) > limit - header.tokens:
            yield joined, header.text
            joined, header = span, ruler.table_header(span, limit)
        else:
            joined = joined._replace(end=span.end)
    yield joined, header.text
