"""Measures and cuts stretches of a text in the embedding model's tokens."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from tokenizers import Tokenizer

from app.documents.ingestion.table_headers import Tables

TABLE_HEADER_TOKENS: Final = 100
MAX_HEADER_CHARS: Final = 1_000  # a word of any length may be one token, and each row has a header
TEXT_TOKENS: Final = 64  # that a header leaves for the text at least
LONGEST_WORD_CHARS: Final = 100  # the model takes a longer one for a single unknown token
SLAB_CHARS: Final = 65_536
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


class Span(NamedTuple):
    """A stretch of text that is not to be torn, and the headings above it."""

    start: int
    end: int
    headings: tuple[str, ...]
    is_heading: bool = False


class TableHeader(NamedTuple):
    """What of the header of a table is carried along, and its length."""

    text: str
    tokens: int


NO_HEADER: Final = TableHeader("", 0)


class Ruler:
    """Measures and cuts stretches of one text in tokens."""

    def __init__(self, text: str, tokenizer: Tokenizer) -> None:
        self._text, self._tokenizer = text, tokenizer
        self._tables = Tables(text)
        self._last_header = ("", 0), NO_HEADER
        self._tokens, self._words = _token_starts(text, tokenizer)

    def measure(self, text: str) -> int:
        """How many tokens a text has that stands beside this one."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def count(self, start: int, end: int) -> int:
        """How many tokens begin in a stretch of the text."""
        return bisect_left(self._tokens, end) - bisect_left(self._tokens, start)

    def table_header(self, span: Span, limit: int) -> "TableHeader":
        """The header of the table with whose rows a span begins, so long that text is left."""
        wanted = self._tables.header(span.start), limit
        if wanted != self._last_header[0]:  # it is the same for each row of a table
            self._last_header = wanted, self._clip_header(*wanted)
        return self._last_header[1]

    def _clip_header(self, header: str, limit: int) -> "TableHeader":
        most = min(TABLE_HEADER_TOKENS, limit - TEXT_TOKENS)
        header = header[:MAX_HEADER_CHARS].rstrip()
        if not header or most <= 0:
            return NO_HEADER
        offsets = self._tokenizer.encode(header, add_special_tokens=False).offsets
        if len(offsets) > most:
            header, offsets = header[: offsets[most][0]].rstrip(), offsets[:most]
        return TableHeader(header, len(offsets))

    def fit(self, span: Span, limit: int) -> Iterator[Span]:
        """The span itself; or its lines or sentences; or, of those too long, runs of words."""
        if self.count(span.start, span.end) <= limit - self.table_header(span, limit).tokens:
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
        ) or self._tables.begins_in(span.start, span.end)
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
