"""Words that the end of a line or of a page tears, and letters that are drawn as one."""

import re
import unicodedata
from typing import Final

HYPHEN_AT_LINE_END: Final = re.compile(r"(?<=[^\W\d_])[-\u2010\xad]\n(?=[^\W\d_])")
HYPHENS: Final = "-\u2010\xad"
SOFT_HYPHEN: Final = "\xad"
LONGEST_WORD: Final = 40
WORD_END: Final = re.compile(r"[^\W\d_]+\Z")
WORD_START: Final = re.compile(r"[^\W\d_]{1,40}")
REST_OF_WORD: Final = re.compile(r"(?P<word>[^\W\d_]{1,40})[^\s\w]{0,3}(?!\S)")
COMPOUND: Final = re.compile(r"\b[^\W\d_]{1,40}-[^\W\d_]{1,40}\b")
# Ligatures of Latin letters, and the shapes that Arabic letters take within words
DRAWN_AS_ONE: Final = re.compile(r"[\ufb00-\ufb06\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]")
LONGEST_PAGE_NUMBER: Final = 40
PAGE_NUMBER: Final = re.compile(r"\W*(?:[^\W\d]{1,8}\.? )?\d{1,5}(?: ?\S{1,5} ?\d{1,5})?\W*")
DIGITS: Final = re.compile(r"\d+")


def letters_of_ligatures(text: str) -> str:
    """The text with the letters that a ligature or a shape of a letter stands for."""
    return DRAWN_AS_ONE.sub(lambda drawn: unicodedata.normalize("NFKC", drawn[0]), text)


def rejoin_words(pages: list[str]) -> list[str]:
    """The pages without hyphens that only end a line or a page, and without soft hyphens.

    One stays where the same compound is elsewhere in the document, or a capital follows. A word
    that two pages share stands on the first of them.
    """
    compounds = {compound.lower() for page in pages for compound in COMPOUND.findall(page)}
    joined = list(pages)
    for number in range(len(pages) - 1):
        joined[number : number + 2] = _rejoin_pages(joined[number], joined[number + 1], compounds)
    return [_rejoin_lines(page, compounds).replace(SOFT_HYPHEN, "") for page in joined]


def _rejoin_lines(text: str, compounds: set[str]) -> str:
    def rejoin(hyphen: re.Match[str]) -> str:
        second = WORD_START.match(text, hyphen.end())
        assert second  # what HYPHEN_AT_LINE_END matches stands between letters
        return _joint(text, hyphen.start(), second[0], compounds)

    return HYPHEN_AT_LINE_END.sub(rejoin, text)


def _joint(text: str, hyphen: int, second: str, compounds: set[str]) -> str:
    first = WORD_END.search(text, max(0, hyphen - LONGEST_WORD), hyphen)
    assert first  # a letter stands before the hyphen
    compound = f"{first[0]}-{second}".lower()
    is_kept = compound in compounds or not second[0].islower()
    return "-" if is_kept and text[hyphen] != SOFT_HYPHEN else ""


def _rejoin_pages(before: str, after: str, compounds: set[str]) -> tuple[str, str]:
    end, start = _margins(before, after)
    hyphen = end - 1
    is_torn = (
        hyphen > 0 and before[hyphen] in HYPHENS and WORD_END.search(before, hyphen - 1, hyphen)
    )
    rest = REST_OF_WORD.match(after, start)
    if not is_torn or not rest:
        return before, after
    joint = _joint(before, hyphen, rest["word"], compounds)
    following = after[rest.end() :].lstrip()
    return (
        f"{before[:hyphen]}{joint}{rest[0]}{before[end:]}",
        f"{after[:start]}{following}".rstrip(),
    )


def _margins(before: str, after: str) -> tuple[int, int]:
    """Where the text of a page ends before its footer, and that of the next after its header."""
    last, next_last = _last_line(before), _last_line(after)
    first, next_first = before.partition("\n")[0], after.partition("\n")[0]
    end = len(before) - len(last) if _is_margin(last, next_last) else len(before)
    start = len(next_first) + 1 if _is_margin(next_first, first) else 0
    return len(before[:end].rstrip()), min(start, len(after))


def _last_line(page: str) -> str:
    return page.rpartition("\n")[2]


def _is_margin(line: str, other: str) -> bool:
    """Whether a line is a page's number, or stands on both pages but for its numbers."""
    is_number = len(line) <= LONGEST_PAGE_NUMBER and PAGE_NUMBER.fullmatch(line) is not None
    return is_number or (bool(line) and DIGITS.sub("", line) == DIGITS.sub("", other))
