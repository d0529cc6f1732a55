"""HTML to Markdown, read as a stream: a page of 25 MiB would take gigabytes as a tree."""

import re
from typing import Final

from lxml import etree

from app.loaders.encodings import decode
from app.loaders.html.page import Page

FED_AT_ONCE: Final = 65_536
HEAD_BYTES: Final = 4096
# HTML 4.2.5 <meta charset> and http-equiv, XML 2.8 <?xml encoding>
CHARSET: Final = re.compile(
    rb"(?:<meta\b[^>]*\bcharset|<\?xml\b[^>]*\bencoding)\s*=\s*+[\"']?+\s*+([\w.:-]+)",
    re.IGNORECASE,
)


def read_html(data: bytes, encoding: str | None) -> tuple[str, str | None]:
    """The page as Markdown, and its title or else its first heading of the first level."""
    declared = CHARSET.search(data[:HEAD_BYTES])
    text = decode(data, encoding or (declared[1].decode() if declared else None))
    page = Page()
    parser = etree.HTMLParser(target=page, encoding="utf-8", no_network=True)
    for start in range(0, len(text), FED_AT_ONCE):
        parser.feed(text[start : start + FED_AT_ONCE].encode())
    parser.close()
    return page.markdown(), page.title
