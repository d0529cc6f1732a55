"""Values of a completion's chunks, whatever an upstream has put there."""

from typing import Any, Final, TypeVar

from app.chat.constants import MAX_NAME_CHARS

T = TypeVar("T")

NUL: Final = "\x00"  # Postgres stores any character but this
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
TEXT_PARTS: Final = ("text", "output_text", "refusal")


def text_of(part: Any) -> str:
    """The text of a part of the content: that of a thinking part is not the answer."""
    if part is None or isinstance(part, str):
        return part or ""
    is_text = part.get("type", "text") in TEXT_PARTS
    text: str = (part.get("text") or part.get("refusal") or "") if is_text else ""
    return text


def clean(text: str) -> str:
    """The text as Postgres can store it."""
    return text.replace(NUL, REPLACEMENT)


def clean_name(name: str) -> str:
    """A name that an upstream gives, cut, as JSON and Postgres can hold it."""
    return clean(name[:MAX_NAME_CHARS].encode(errors="replace").decode())


def same(last: str, value: object) -> str:
    """The value, cut; `last` where that is equal: a long answer has a hundred thousand deltas."""
    if value == last:
        return last
    name = clean_name(only(str, value))
    return last if name == last else name


def only(kind: type[T], value: object) -> T:
    """The value if it is of this kind, else an empty one."""
    return value if isinstance(value, kind) else kind()
