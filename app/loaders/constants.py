"""Names and bounds of what can be loaded."""

from typing import Final

PLAIN_TEXT: Final = "text/plain"
MARKDOWN: Final = "text/markdown"
CSV: Final = "text/csv"
TSV: Final = "text/tab-separated-values"
HTML: Final = "text/html"
PDF: Final = "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

KINDS: Final = {
    PLAIN_TEXT: "text file",
    MARKDOWN: "Markdown file",
    CSV: "CSV file",
    TSV: "TSV file",
    HTML: "HTML page",
    PDF: "PDF",
    DOCX: "Word document",
}
# What the name of a file says of it; any other name says that it is text, if it is.
EXTENSIONS: Final = {
    ".txt": PLAIN_TEXT,
    ".text": PLAIN_TEXT,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".csv": CSV,
    ".tsv": TSV,
    ".tab": TSV,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".pdf": PDF,
    ".docx": DOCX,
}

MAX_TITLE_CHARS: Final = 300
MAX_CHARS: Final = 50_000_000  # twice what the largest accepted file holds as plain text
MAX_UNPACKED_BYTES: Final = 250_000_000  # ten times the largest accepted file
TOO_LONG: Final = f"This holds more than {MAX_CHARS:,} characters: split it into several files."
MAX_PAGES: Final = 20_000
MAX_PDF_CPU_SEC: Final = 240.0  # a page of mere text takes a hundredth of a second
