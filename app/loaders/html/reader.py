"""HTML to Markdown, read as a stream: a page of 25 MiB would take gigabytes as a tree."""

import re
from contextlib import suppress
from html import unescape
from typing import Final

from lxml import etree

from app.loaders.encodings import decode
from app.loaders.html.page import Page, TooDeep

FED_AT_ONCE: Final = 65_536
HEAD_BYTES: Final = 4096
# HTML 4.2.5 <meta charset> and http-equiv, XML 2.8 <?xml encoding>
CHARSET: Final = re.compile(
    rb"(?:<meta\b[^>]*\bcharset|<\?xml\b[^>]*\bencoding)\s*=\s*+[\"']?+\s*+([\w.:-]+)",
    re.IGNORECASE,
)
# What old pages open a thousand times and never close.
FORMATTING: Final = re.compile(
    r"</?(?:b|big|em|font|i|small|span|strong|tt|u)(?=[\s/>])[^<>]*>", re.IGNORECASE
)
NOT_TEXT: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<tag>script|style|template|noscript)\b.*?(?:</(?P=tag)[^<>]*>|\Z)|<[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)


def read_html(data: bytes, encoding: str | None) -> tuple[str, str | None]:
    """The page as Markdown, and its title or else its first heading of the first level."""
    declared = CHARSET.search(data[:HEAD_BYTES])
    text = decode(data, encoding or (declared[1].decode() if declared else None))
    with suppress(TooDeep):
        return _read(text)
    with suppress(TooDeep):
        return _read(FORMATTING.sub("", text))
    return _text_alone(text), None


def _text_alone(text: str) -> str:
    """The text of a page that is too deep for its structure to mean anything."""
    lines = unescape(NOT_TEXT.sub("\n", text)).split("\n")
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _read(text: str) -> tuple[str, str | None]:
    page = Page()
    parser = etree.HTMLParser(target=page, encoding="utf-8", no_network=True)
    for start in range(0, len(text), FED_AT_ONCE):
        parser.feed(text[start : start + FED_AT_ONCE].encode())
    parser.close()
    return page.markdown(), page.title
