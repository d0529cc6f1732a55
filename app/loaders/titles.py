"""Titles fit to be shown, and what programs write where a title should be."""

import re
from typing import Final

from app.loaders.constants import MAX_TITLE_CHARS

NOT_SEEN: Final = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u2060\ufeff\ud800-\udfff]"
)
PLACEHOLDER: Final = re.compile(
    r"""(?: untitled\b.* | (?:new|word)?\s*document\s*\d* | (?:no\s+)?title | none
    | microsoft\ (?:word|powerpoint|excel)\b.* | (?:powerpoint\ )?(?:presentation|slide)\s*\d*
    | .*\.(?:docx?|pdf|rtf|odt|tex|dvi|indd|qxd|pptx?|xlsx?|txt|html?) | \W* )""",
    re.VERBOSE | re.IGNORECASE,
)
FRONT_MATTER: Final = re.compile(
    r"\A---[ \t]*\n(?P<lines>.*?)^---[ \t]*$", re.MULTILINE | re.DOTALL
)
TITLE_LINE: Final = re.compile(r"^title:[ \t]*(?P<title>\S.*)$", re.MULTILINE)
HEADING: Final = re.compile(
    r"""
    ^\ {0,3}(?P<fence>`{3,}(?=[^`\n]*$)|~{3,}) (?s:.*?) (?:^\ {0,3}(?P=fence)[`~]*\s*?$|\Z)
    | ^\ {0,3}\#{1,6}[ \t]+(?P<atx>\S[^\n]*)
    | ^[ \t]*(?P<setext>\S[^\n]*)\n\ {0,3}(?:=+|-+)[ \t]*$
    """,
    re.MULTILINE | re.VERBOSE,
)
LINK: Final = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")


def clean_title(title: str) -> str | None:
    """The title on one line, at most 300 characters; None if nothing of it can be seen."""
    line = " ".join(NOT_SEEN.sub("", title).split())
    return line[:MAX_TITLE_CHARS].rstrip() or None


def metadata_title(title: str) -> str | None:
    """The cleaned title; None for a program's placeholder, such as the name of a file."""
    line = clean_title(title)
    return None if line is None or PLACEHOLDER.fullmatch(line) else line


def markdown_title(text: str) -> str | None:
    """The title in the front matter, or the first heading outside of code, without marks."""
    start = 0
    if front_matter := FRONT_MATTER.match(text):
        if line := TITLE_LINE.search(front_matter["lines"]):
            return line["title"].strip().strip("\"'")
        start = front_matter.end()
    headings = (match["atx"] or match["setext"] for match in HEADING.finditer(text, start))
    return next((_without_marks(heading) for heading in headings if heading), None)


def _without_marks(heading: str) -> str:
    # Clipped first: the pattern of a link takes quadratic time on a long line of brackets.
    words = LINK.sub(r"\1", heading[: 2 * MAX_TITLE_CHARS])
    return words.strip().rstrip("#").replace("*", "").replace("`", "").strip()
