"""Word documents written as XML, for what python-docx does not write."""

from collections.abc import Mapping
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

OFFICE = "http://schemas.openxmlformats.org"
RELATIONSHIPS = f"{OFFICE}/officeDocument/2006/relationships"
NAMESPACES = {
    "w": f"{OFFICE}/wordprocessingml/2006/main",
    "r": RELATIONSHIPS,
    "m": f"{OFFICE}/officeDocument/2006/math",
    "mc": f"{OFFICE}/markup-compatibility/2006",
    "a": f"{OFFICE}/drawingml/2006/main",
    "c": f"{OFFICE}/drawingml/2006/chart",
    "dgm": f"{OFFICE}/drawingml/2006/diagram",
    "v": "urn:schemas-microsoft-com:vml",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
}
DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items())
# The kind of a relationship to each part that has a name of its own.
KINDS = {
    "numbering": "numbering",
    "styles": "styles",
    "settings": "settings",
    "footnotes": "footnotes",
    "endnotes": "endnotes",
    "comments": "comments",
}


def word_file(
    body: str,
    parts: Mapping[str, str | bytes] | None = None,
    related: Mapping[str, tuple[str, str]] | None = None,
) -> bytes:
    """A Word document of this body.

    `parts` are XML within the root of a part (`styles`, `numbering`, `header1`), or all of a part
    where a name has an extension. `related` are further relationships: a kind and a target each.
    """
    parts, file = parts or {}, BytesIO()
    own = {name: (KINDS[name], f"{name}.xml") for name in parts if name in KINDS}
    with ZipFile(file, "w", ZIP_DEFLATED) as package:
        document = _relations({"main": ("officeDocument", "word/document.xml")})
        package.writestr("_rels/.rels", document)
        package.writestr("word/document.xml", _part(f"<w:body>{body}</w:body>"))
        package.writestr("word/_rels/document.xml.rels", _relations({**own, **(related or {})}))
        for name, content in parts.items():
            path = f"word/{name}" if "." in name else f"word/{name}.xml"
            is_whole = isinstance(content, bytes) or "." in name
            package.writestr(path, content if is_whole else _part(str(content)))
    return file.getvalue()


def relations(related: Mapping[str, tuple[str, str]]) -> bytes:
    """The relationships of a part, as a part of their own."""
    return _relations(related).encode()


def paragraph(content: str, properties: str = "") -> str:
    """A paragraph of text, or of runs and other XML."""
    inside = content if content.startswith("<") else run(content)
    return f"<w:p><w:pPr>{properties}</w:pPr>{inside}</w:p>"


def run(text: str, properties: str = "") -> str:
    """A run of text that looks the same."""
    inside = f'<w:t xml:space="preserve">{escape(text)}</w:t>' if text else ""
    return f"<w:r><w:rPr>{properties}</w:rPr>{inside}</w:r>"


def numbered(text: str, level: int = 0, number: int = 1) -> str:
    """A paragraph on a level of a list."""
    return paragraph(
        text,
        f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>',
    )


def heading(text: str, level: int = 1) -> str:
    """A heading, whatever its style."""
    return paragraph(text, f'<w:outlineLvl w:val="{level - 1}"/>')


def field(instruction: str, result: str) -> str:
    """A field of three signs."""
    sign = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    code = f"<w:r><w:instrText>{escape(instruction)}</w:instrText></w:r>"
    return f'{sign.format("begin")}{code}{sign.format("separate")}{result}{sign.format("end")}'


def text_box(content: str) -> str:
    """A text box as Word writes it: a newer form, and an older one that repeats it."""
    box = f"<w:txbxContent>{content}</w:txbxContent>"
    newer = f'<mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing>'
    older = f"<mc:Fallback><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict>"
    return (
        f"<w:r><mc:AlternateContent>{newer}</mc:Choice>{older}</mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )


def _part(content: str) -> bytes:
    return f"<w:root {DECLARED}>{content}</w:root>".encode()


def _relations(related: Mapping[str, tuple[str, str]]) -> str:
    lines = [
        f'<Relationship Id="{key}" Type="{RELATIONSHIPS}/{kind}" Target="{escape(target)}"'
        + (' TargetMode="External"/>' if "://" in target or target.startswith("mailto:") else "/>")
        for key, (kind, target) in related.items()
    ]
    return f'<Relationships xmlns="{OFFICE}/package/2006/x">{"".join(lines)}</Relationships>'
