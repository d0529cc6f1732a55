"""Texts to sentences and sentences to words, pure: plain text and Markdown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

HEADING: Final = re.compile(r"#{1,6}\s+(.*)")
FENCE: Final = re.compile(r"\s*(?:```|~~~)")
ITEM: Final = re.compile(r"\s*(?:[-*+]\s|\d+[.)]\s|\||>)")
BULLET: Final = re.compile(r"^\s*[-*+>]\s+")
TABLE_RULE: Final = re.compile(r"\s*\|[\s:|-]+$")
# After a full stop, and what closes behind it, and before what may begin a sentence.
SENTENCE_END: Final = re.compile(
    r"(?:(?<=[.!?])|(?<=[.!?][\"'”’)*_`]))\s+(?=[\"'“(*_\[]*(?:`|[^\W_a-z]))|(?<=[。！？])\s*"
)
# Scripts without spaces between words: each character counts as a word.
UNSPACED: Final = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
WORD: Final = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])[^\W_])+")
STEM_CHARS: Final = 5
PLURAL: Final = re.compile(r"\w{2,}[^\Ws]s")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that belong together, and the heading that they stand under.

    A row of a table, or a point of a list, is a paragraph. The heading of a row ends with the first
    row of its table.
    """

    heading: str
    sentences: list[str]


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a text, without its headings."""
    found: list[Paragraph] = []
    heading = table = ""
    for lines in _blocks(text):
        title = HEADING.fullmatch(lines[0])
        if title:
            heading, table = title[1], ""
        elif TABLE_RULE.match(lines[0]) and found:
            table = found.pop().sentences[0]
        else:
            is_row = lines[0].lstrip().startswith("|")
            under = f"{heading} {table}" if is_row else heading
            found.append(Paragraph(under.strip(), _sentences(lines)))
    return found


def words(text: str) -> list[str]:
    """The words of a text, in lower case and without what may follow their stem."""
    return [_stem(word) for word in WORD.findall(text.casefold())]


def _blocks(text: str) -> Iterator[list[str]]:
    """Lines that belong together: a heading, a point, a row, or a paragraph of plain lines."""
    block: list[str] = []
    for line in [*text.splitlines(), ""]:
        begins = HEADING.match(line) or ITEM.match(line)
        ends = not line.strip() or FENCE.match(line)
        if block and (begins or ends or HEADING.match(block[0])):
            yield block
            block = []
        if not ends:
            block.append(line)


def _sentences(lines: list[str]) -> list[str]:
    text = BULLET.sub("", " ".join(" ".join(lines).split()))
    return [sentence for sentence in SENTENCE_END.split(text) if sentence]


def _stem(word: str) -> str:
    """The first letters of a word: in many languages its forms share these."""
    return word[: min(STEM_CHARS, len(word) - bool(PLURAL.fullmatch(word)))]
