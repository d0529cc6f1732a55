"""HTML to Markdown, read as a stream: a page of 25 MiB would take gigabytes as a tree."""

import re
from typing import Final

from lxml import etree

from app.documents.loaders.encodings import decode
from app.documents.loaders.tables import TableWriter

FED_AT_ONCE: Final = 65_536
HEAD_BYTES: Final = 4096
# HTML 4.2.5 <meta charset> and http-equiv, XML 2.8 <?xml encoding>
CHARSET: Final = re.compile(
    rb"(?:<meta\b[^>]*\bcharset|<\?xml\b[^>]*\bencoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE
)
HEADINGS: Final = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
BLOCKS: Final = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset"
    " figcaption figure footer form header hr html legend main p section summary tbody tfoot thead"
    .split()
)
NOT_TEXT: Final = frozenset(
    "audio button canvas datalist head iframe nav noscript object script select style svg template"
    " textarea video".split()
)
HIDDEN_STYLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read_html(data: bytes, encoding: str | None) -> tuple[str, str | None]:
    """The page as Markdown, and its title or else its first heading of the first level."""
    declared = CHARSET.search(data[:HEAD_BYTES])
    text = decode(data, encoding or (declared and declared[1].decode()))
    page = _Page()
    parser = etree.HTMLParser(target=page, encoding="utf-8", no_network=True)
    for start in range(0, len(text), FED_AT_ONCE):
        parser.feed(text[start : start + FED_AT_ONCE].encode())
    parser.close()
    return page.markdown(), page.title
