"""Leaves out of a text what nobody searches for: pictures, encoded bytes and minified code."""

import re
from collections.abc import Iterator
from typing import Final

from app.loaders.dumps import carriage_return, is_hex, leave_out_dumps

LEAST_DATA_URI: Final = 100
MEDIA_TYPE: Final = r"[\w.+-]{1,60}/[\w.+-]{1,100}(?:;(?!base64,)[\w.+=-]{0,100}+){0,5}+"
# Base64 may go on in further lines; of a last line that is short, only what is sure to be its end.
DATA_URI: Final = re.compile(
    rf"""data:(?:
      (?:{MEDIA_TYPE})?;base64,\s?(?P<base64>[\w+/%=\\-]++(?:\s{{1,4}}+[\w+/]{{40}}[\w+/%=\\-]*+)*+
        (?:\s{{1,4}}+[\w+/]{{1,80}}+(?:={{1,2}}|(?=["')])))?)
      | (?<="data:){MEDIA_TYPE},[^"\n]*+ | (?<='data:){MEDIA_TYPE},[^'\n]*+
      | {MEDIA_TYPE},[^\s"'<>()]*+ )""",
    re.VERBOSE | re.ASCII,
)
NAMES: Final = {"image": "picture", "audio": "sound", "video": "film", "font": "font"}

# Lines of one length, as PEM and mails have them (64 and 76 characters), and what is left.
ENCODED_LINES: Final = re.compile(
    r"\n[ \t>]{0,8}+[\w+/-]{60,}+\r?(?:\n[ \t>]{0,8}+[\w+/-]{60,}+\r?)*+"
    r"(?P<last>\n[ \t>]{0,8}+(?P<end>[\w+/-]{2,}+={0,2})(?=\r?(?:\n|\Z)))?",
    re.ASCII,
)
LEAST_ENCODED_LINES: Final = 2  # of 60 characters or more: one alone may be a token or a hash
LEAST_ENCODED: Final = 200  # characters: tokens and hashes of the longest kinds are shorter
# A run begins at its first digit, which is quickly found. Almost every encoded run has one early.
DIGIT_OF_RUN: Final = re.compile(r"[0-9][A-Za-z0-9+/_-]{149,}+={0,2}")
RUN_SIGNS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-")
LONGEST_BEFORE_DIGIT: Final = 200
LONGEST_ADDRESS: Final = 4096
HASHES: Final = frozenset({64, 96, 128})  # hex digits: lines of such a length list files
MAPPINGS: Final = re.compile(r'"mappings":\s*+"(?P<packed>[\w+/,;=-]{200,}+)"', re.ASCII)

LONG_LINE: Final = re.compile(r"\n[^\n]{400,}+")
MAX_BLANKS: Final = 0.08  # share of the characters; prose has twice as many
LEAST_BRACKETS: Final = 0.015
LEAST_OPERATORS: Final = 0.03
# What scripts are full of, and data is not.
SCRIPT: Final = (
    *("function(", "return ", "var ", "this.", "){", "=>", "&&", "||", "!0", "===", ".prototype"),
)
RULE: Final = re.compile(r"[};][^{};]{1,200}\{[a-z-]{2,40}:[^{};]{1,80}[;}]")  # of a style sheet
LEAST_CODE: Final = 0.01  # of these, for each character


def leave_out_rubbish(text: str) -> str:
    """The text with a short placeholder for each stretch that is not for people; else itself."""
    padded = f"\n{text}"
    cleaned = DATA_URI.sub(_data_uri, padded)
    cleaned = MAPPINGS.sub(_mappings, cleaned)
    cleaned = leave_out_dumps(cleaned)
    cleaned = ENCODED_LINES.sub(_encoded_lines, cleaned)
    cleaned = "".join(_without_runs(cleaned))
    cleaned = LONG_LINE.sub(_minified, cleaned)
    return text if cleaned == padded else cleaned[1:]


def _data_uri(found: re.Match[str]) -> str:
    uri = found[0]
    if len(uri) < LEAST_DATA_URI:
        return uri
    head, _, content = uri.removeprefix("data:").partition(",")
    media_type = head.partition(";")[0] or "text/plain"
    if not found["base64"] and media_type.startswith("text/") and "%" not in content:
        return uri  # a sentence that happens to have a comma
    size = len(content) * 3 // 4 if found["base64"] else len(content)
    name = NAMES.get(media_type.partition("/")[0], "file")
    return f"[{name} left out: {media_type}, {max(1, round(size / 1000)):,} kB]"


def _mappings(found: re.Match[str]) -> str:
    return f'"mappings":"[source map left out: {len(found["packed"]):,} characters]"'


def _encoded_lines(found: re.Match[str]) -> str:
    lines, rest = found[0].split("\n")[1:], ""
    # Base64 is written in fours: another last line is a word that stands below.
    if found["last"] and len(found["end"]) % 4 and len(lines[-2]) > len(lines[-1]):
        rest = f"\n{lines.pop()}"
    run = "".join(line.strip(" \t>\r") for line in lines)
    if len(lines) < LEAST_ENCODED_LINES or not _is_encoded(run) or _are_hashes(lines):
        return found[0]
    return f"\n{_placeholder(run)}{carriage_return(lines[-1])}{rest}"


def _are_hashes(lines: list[str]) -> bool:
    return all(len(line.strip()) in HASHES and is_hex(line.strip()) for line in lines)


def _without_runs(text: str) -> Iterator[str]:
    """The text in parts, with a placeholder in place of each encoded run."""
    end = 0
    for found in DIGIT_OF_RUN.finditer(text):
        start = _start_of_run(text, found.start(), end)
        run = text[start : found.end()]
        if len(run) >= LEAST_ENCODED and _is_encoded(run) and not _is_in_address(text, start):
            yield text[end:start]
            yield _placeholder(run)
            end = found.end()
    yield text[end:]


def _start_of_run(text: str, position: int, least: int) -> int:
    start = position
    bound = max(least, position - LONGEST_BEFORE_DIGIT)
    while start > bound and text[start - 1] in RUN_SIGNS:
        start -= 1
    return start


def _is_in_address(text: str, position: int) -> bool:
    """Whether the position is within an address of the web: a link stays as it is."""
    before = text[max(0, position - LONGEST_ADDRESS) : position].split()
    if not before or text[position - 1].isspace():
        return False
    return "://" in before[-1] + text[position : position + 2]


def _is_encoded(run: str) -> bool:
    """Whether the characters are mixed as in encoded bytes: paths and long words are not."""
    sample = run[:4096]
    if is_hex(sample):
        return True
    upper = sum(map(str.isupper, sample))
    lower = sum(map(str.islower, sample))
    digits = sum(map(str.isdigit, sample))
    return min(upper, lower) * 5 >= len(sample) and digits * 20 >= len(sample)


def _placeholder(run: str) -> str:
    kind = "hex digits" if is_hex(run[:4096]) else "base64"
    return f"[{len(run):,} characters of {kind} left out]"


def _minified(found: re.Match[str]) -> str:
    line = found[0]
    if not _is_minified(line):
        return line
    length = len(line.rstrip("\r")) - 1
    return f"\n[minified code left out: {length:,} characters]{carriage_return(line)}"


def _is_minified(line: str) -> bool:
    """Whether a line is JavaScript or CSS; data, formulas and other code on one line stay."""

    def share(signs: str) -> float:
        return sum(map(line.count, signs)) / len(line)

    return (
        share(" \t") < MAX_BLANKS
        and share("({") >= LEAST_BRACKETS
        and share(";=:") >= LEAST_OPERATORS
        and sum(map(line.count, SCRIPT)) + len(RULE.findall(line)) >= LEAST_CODE * len(line)
    )
