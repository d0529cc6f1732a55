"""Lists of Word documents, written as XML."""

from app.loaders.docx.reader import read_docx
from tests.support.word_files import numbered, word_file


def level(depth: int, text: str | None, kind: str = "decimal", more: str = "") -> str:
    """A level of a list; without a text, Word has none to show."""
    shown = "" if text is None else f'<w:lvlText w:val="{text}"/>'
    return f'<w:lvl w:ilvl="{depth}">{more}<w:numFmt w:val="{kind}"/>{shown}</w:lvl>'


def start(value: int) -> str:
    """Where a level begins to count."""
    return f'<w:start w:val="{value}"/>'


def abstract(levels: str, key: int = 0) -> str:
    """A list that others are uses of."""
    return f'<w:abstractNum w:abstractNumId="{key}">{levels}</w:abstractNum>'


def use(key: int = 1, of: int = 0, overrides: str = "") -> str:
    """A use of a list, which paragraphs name."""
    return f'<w:num w:numId="{key}"><w:abstractNumId w:val="{of}"/>{overrides}</w:num>'


def override(depth: int, content: str) -> str:
    """What a use of a list does otherwise on one level."""
    return f'<w:lvlOverride w:ilvl="{depth}">{content}</w:lvlOverride>'


def shown(body: str, numbering: str, styles: str = "") -> str:
    """The text of a document with these lists."""
    return read_docx(word_file(body, {"numbering": numbering, "styles": styles}))[0]


def numbers(levels: str, *depths: int) -> list[str]:
    """What stands before paragraphs on these levels."""
    body = "".join(numbered("x", depth) for depth in depths)
    lines = shown(body, abstract(levels) + use()).splitlines()
    return [line.strip().removesuffix("x").strip() for line in lines]
