"""Cuts a text into passages along its own structure, measured in the embedding model's tokens."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from tokenizers import Tokenizer

from app.core.constants import MODEL_TOKENS
from app.documents.ingestion.table_headers import Tables
from app.loaders.titles import LINK

SPECIAL_TOKENS: Final = 2
PASSAGE_TOKENS: Final = MODEL_TOKENS - SPECIAL_TOKENS
NAME_BYTES: Final = 100  # of a title or a heading
LONGEST_NAME: Final = 1_000  # characters of a heading, the addresses of its links among them
PREFIX_BYTES: Final = 180  # of title and headings: whatever the script, 74 tokens are left for text
TABLE_HEADER_TOKENS: Final = 100
TEXT_TOKENS: Final = 64  # that a header leaves for the text at least
LONGEST_WORD_CHARS: Final = 100  # the model takes a longer one for a single unknown token
SLAB_CHARS: Final = 65_536

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
CODE_OR_TABLE: Final = re.compile(r"\s*(?:`{3}|~{3}|\|)")
LINE_END: Final = re.compile(r"\n+")
SENTENCE_END: Final = re.compile(
    r"""
    (?<![.!?…])[.!?…]++["'”’)\]]*+\s++(?![a-z])
    | [。！？]+
    | \n(?=[ \t]*(?:[-*+•]|\d+[.)])\s)
    """,
    re.VERBOSE,
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


class Span(NamedTuple):
    """A stretch of text that is not to be torn, and the headings above it."""

    start: int
    end: int
    headings: tuple[str, ...]
    is_heading: bool = False


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
    ruler = _Ruler(text, tokenizer)
    spans: list[tuple[Span, str]] = []
    for section in _sections(_blocks(text)):
        prefixes = {_prefix(title, block.headings) for block in section}
        room = MODEL_TOKENS - SPECIAL_TOKENS - max(map(ruler.measure, prefixes))
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


def _pack(section: list[Span], ruler: "_Ruler", limit: int) -> Iterator[tuple[Span, str]]:
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


class _TableHeader(NamedTuple):
    text: str
    tokens: int


class _Ruler:
    """Measures and cuts stretches of one text in tokens."""

    def __init__(self, text: str, tokenizer: Tokenizer) -> None:
        self._text, self._tokenizer = text, tokenizer
        self._tables = Tables(text)
        # The same for each row of a table.
        self._clip_header = lru_cache(maxsize=2)(self._clip_header)  # type: ignore[method-assign]
        self._tokens, self._words = _token_starts(text, tokenizer)

    def measure(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def count(self, start: int, end: int) -> int:
        return bisect_left(self._tokens, end) - bisect_left(self._tokens, start)

    def table_header(self, span: Span, limit: int) -> "_TableHeader":
        """The header of the table with whose rows a span begins, so long that text is left."""
        return self._clip_header(self._tables.header(span.start), limit)

    def _clip_header(self, header: str, limit: int) -> "_TableHeader":
        most = min(TABLE_HEADER_TOKENS, limit - TEXT_TOKENS)
        if not header or most <= 0:
            return _TableHeader("", 0)
        offsets = self._tokenizer.encode(header, add_special_tokens=False).offsets
        if len(offsets) > most:
            header, offsets = header[: offsets[most][0]].rstrip(), offsets[:most]
        return _TableHeader(header, len(offsets))

    def fit(self, span: Span, limit: int) -> Iterator[Span]:
        """The span itself; or its lines or sentences; or, of those too long, runs of words."""
        if self.count(span.start, span.end) <= limit:
            yield span
            return
        for part in self._cut(span, self._boundaries(span)):
            left = limit - self.table_header(part, limit).tokens
            if self.count(part.start, part.end) <= left:
                yield part
            else:
                yield from self._cut(part, self._word_runs(part, left))

    def _boundaries(self, span: Span) -> Iterator[int]:
        kept_in_lines = CODE_OR_TABLE.match(
            self._text, span.start, span.end
        ) or self._tables.within(span.start, span.end)
        pattern = LINE_END if kept_in_lines else SENTENCE_END
        return (match.end() for match in pattern.finditer(self._text, span.start, span.end))

    def _word_runs(self, span: Span, limit: int) -> Iterator[int]:
        start = span.start
        while self.count(start, span.end) > limit:
            furthest = bisect_left(self._tokens, start) + limit
            # Cut where a word begins, if any does: half a word would have other tokens.
            if self._words[furthest] > start:
                start = self._words[furthest]
            else:
                start = max(self._tokens[furthest], start + 1)
            yield start

    def _cut(self, span: Span, boundaries: Iterator[int]) -> Iterator[Span]:
        for start, end in pairwise((span.start, *boundaries, span.end)):
            kept = self._text[start:end].rstrip()
            if kept:
                yield span._replace(start=start, end=start + len(kept))


def _token_starts(text: str, tokenizer: Tokenizer) -> tuple["array[int]", "array[int]"]:
    """For each token where it begins, and where its word does.

    A long stretch with neither (an unknown word, blanks, stripped marks) counts a token for
    each character, so that no passage hides a megabyte behind a few tokens.
    """
    starts, words = array("I"), array("I")
    for slab_start, slab_end in _slabs(text):
        encoding = tokenizer.encode(text[slab_start:slab_end], add_special_tokens=False)
        offsets = [slab_start + start for start, _ in encoding.offsets]
        last, last_word = slab_start, None
        for start, word in zip((*offsets, slab_end), (*encoding.word_ids, None), strict=True):
            if start - last > LONGEST_WORD_CHARS:
                starts.extend(range(last + 1, start))
                words.extend(range(last + 1, start))
            words.append(words[-1] if words and word is not None and word == last_word else start)
            starts.append(start)
            last, last_word = start, word
    return starts, words


def _slabs(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of bounded length, cut at blanks: tokens take fifty times their text's memory."""
    start = 0
    while start < len(text):
        end = start + SLAB_CHARS
        if end < len(text):
            end = max(text.rfind(" ", start, end), text.rfind("\n", start, end)) + 1 or end
        yield start, min(end, len(text))
        start = end
