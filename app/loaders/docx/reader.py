"""Word documents (ECMA-376, WordprocessingML) to Markdown, read as a stream.

The common libraries build a tree in Python objects, which takes over a gigabyte for 20 MB of XML,
and none of them gives numbers, text boxes, headers and notes alike: see decision 26.

- `package`: the parts of the file; `styles`, `numbering`: what the text refers to
- `part_reader`: the events of the XML, given to the handlers of `text`, `paragraphs`, …
- `flow`: what they write to: the body, a text box, a note, a header
"""

from typing import Final

from app.loaders.docx.margins import FOOTER, HEADER
from app.loaders.docx.notes import COMMENT, ENDNOTE, FOOTNOTE
from app.loaders.docx.package import Budget, Package
from app.loaders.docx.part_reader import read_part
from app.loaders.docx.story import BODY, Story
from app.loaders.docx.xml import attribute, is_on
from app.loaders.exceptions import UnreadableDocument

MAX_DEPTH: Final = 3  # of documents that are embedded in one another
NOTES: Final = {FOOTNOTE: "footnotes", ENDNOTE: "endnotes", COMMENT: "comments"}


def read_docx(data: bytes) -> tuple[str, str | None]:
    """The text, and the title: the paragraph in that style, the metadata's, the first heading.

    Headers stand first and footers last, each once; notes and comments stand after the text.
    """
    return _read(data, Budget(), 0)


def _read(data: bytes, budget: Budget, depth: int) -> tuple[str, str | None]:
    if depth > MAX_DEPTH:
        raise UnreadableDocument("This document embeds documents too deeply: send them apart.")
    package = Package(data, budget)
    story = Story(package, budget, lambda inner: _read(inner, budget, depth + 1)[0])
    parts = [_read_body(story), *_read_notes(story)]
    headers = _read_margins(story, HEADER)
    texts = dict.fromkeys([*headers, *parts, *_read_margins(story, FOOTER)])
    title = story.title or package.title() or story.first_heading or None
    return "\n\n".join(filter(None, texts)), title


def _read_body(story: Story) -> str:
    document = story.package.document
    return read_part(story, document, BODY) if document else ""


def _read_notes(story: Story) -> list[str]:
    texts = []
    for kind, part in NOTES.items():
        if name := story.package.find(part):
            outside = read_part(story, name, kind)  # of any note
            texts += [story.notes.markdown(kind), outside]
    return texts


def _read_margins(story: Story, edge: str) -> list[str]:
    """The headers or the footers, each text once: most differ in a page number alone."""
    document = story.package.document or ""
    keys = story.margins.shown(edge, has_even=_has_even_pages(story.package))
    names = dict.fromkeys(story.package.target(document, key) for key in keys)
    return list(dict.fromkeys(read_part(story, name, edge) for name in names if name))


def _has_even_pages(package: Package) -> bool:
    settings = package.elements(package.find("settings"), "evenAndOddHeaders")
    return any(is_on(attribute(setting.items(), "val")) for setting in settings)
