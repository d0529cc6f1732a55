"""Finds dumps of bytes in a text: those of xxd, hexdump and od, and files for programmers."""

import re
from itertools import pairwise
from typing import Final

LEAST_LINES: Final = 4  # fewer are an example that is explained
LONGEST_LINE: Final = 32  # bytes
LEAST_LETTERS: Final = 0.15  # of hex digits; of random ones it is more than a third
# Each pattern begins with a line end, which is quickly found, and takes whole lines.
ADDRESS_AND_BYTES: Final = (
    r"[ \t]{0,8}+(?:0x)?[0-9A-Fa-f]{6,16}:?[ \t]{1,4}+(?:[0-9A-Fa-f]{2,8}[ \t]{1,3}){3}"
    r"[0-9A-Fa-f]{2,8}(?:[ \t][^\n]{0,200}+|(?=\r?(?:\n|\Z)))"
)
ADDRESSED: Final = re.compile(  # xxd, hexdump and od; an asterisk is for lines like the one above
    rf"\n{ADDRESS_AND_BYTES}(?:\n(?:{ADDRESS_AND_BYTES}|\*\r?(?=\n))){{{LEAST_LINES - 1},}}+"
    r"(?:\n[0-9A-Fa-f]{6,16}\r?(?=\n|\Z))?"
)
# With blanks or commas between them, as C and other languages write them too. With colons they are
# addresses of devices and fingerprints, which people look for.
BYTE: Final = r"(?:0x|\\x)?[0-9A-Fa-f]{2}(?:[, \t]{1,3}|(?=\r?(?:\n|\Z)))"
BARE: Final = re.compile(
    rf"\n[ \t]{{0,16}}+(?:{BYTE}){{8,}}+\r?"
    rf"(?:\n[ \t]{{0,16}}+(?:{BYTE}){{8,}}+\r?){{{LEAST_LINES - 1},}}+"
    rf"(?:\n[ \t]{{0,16}}+(?:{BYTE}){{1,7}}+\r?(?=\n|\Z))?"
)
RECORD: Final = r"(?::[0-9A-Fa-f]{10,600}+|S[0-9][0-9A-Fa-f]{8,600}+)\r?"
RECORDS: Final = re.compile(  # Intel HEX and Motorola S-records
    rf"\n{RECORD}(?:\n{RECORD}){{{LEAST_LINES - 1},}}+"
)
UUENCODED: Final = re.compile(
    r"\nbegin [0-7]{3,4} (?P<name>[^\n]{1,200}?)\r?(?:\n[ -`]{1,62}\r?(?=\n))++\nend(?=\s|\Z)"
)
PAIR: Final = re.compile(r"\b(?:0x|\\x)?([0-9A-Fa-f]{2})\b")
LEAST_WITH_DIGIT: Final = 0.3  # of bytes; of random ones it is more than half
GROUP: Final = re.compile(r"(?<![^ \t:])[0-9A-Fa-f]{2,16}(?![^ \t\r:])")
OCTAL_WORD: Final = 6  # digits
ADDRESS: Final = re.compile(r"\s*(?:0x)?([0-9A-Fa-f]+)")


def leave_out_dumps(text: str) -> str:
    """The text, which begins with a line end, with a line in place of each dump."""
    text = UUENCODED.sub(_uuencoded, text)
    text = RECORDS.sub(lambda found: _dump(found) if _adds_up(found[0]) else found[0], text)
    text = ADDRESSED.sub(lambda found: _dump(found) if _counts(found[0]) else found[0], text)
    return BARE.sub(lambda found: _dump(found) if _are_bytes(found[0]) else found[0], text)


def is_hex(text: str) -> bool:
    """Whether a run holds only hex digits, and not those of decimal numbers alone."""
    digits = text.removeprefix("0x")
    return not digits.strip("0123456789abcdefABCDEF") and _has_letters(digits)


def _dump(found: re.Match[str]) -> str:
    lines = found[0].count("\n")
    return f"\n[hex dump left out: {lines:,} lines]{carriage_return(found[0])}"


def carriage_return(lines: str) -> str:
    """That before the line end after these lines, if there is one: line ends stay as they are."""
    return "\r" if lines.endswith("\r") else ""


def _uuencoded(found: re.Match[str]) -> str:
    lines = found[0].count("\n") - 1
    return f"\n[uuencoded file left out: {found['name']}, {lines:,} lines]"


def _adds_up(records: str) -> bool:
    """Whether the records end in their checksums: the bytes of each add up to 0, or to 255."""
    for record in records.split("\n", LEAST_LINES + 1)[1 : LEAST_LINES + 1]:
        digits = record.strip()[1 if record.startswith(":") else 2 :]
        if len(digits) % 2 or sum(bytes.fromhex(digits)) % 256 != (0 if record[0] == ":" else 255):
            return False
    return True


def _are_bytes(dump: str) -> bool:
    """Whether the pairs are of bytes: of seats and grades each begins with a letter."""
    pairs = PAIR.findall(dump[:4096])
    with_digit = sum(pair[0].isdigit() for pair in pairs)
    return _has_letters(dump) and with_digit >= LEAST_WITH_DIGIT * len(pairs)


def _counts(dump: str) -> bool:
    """Whether the addresses count bytes: in a table of numbers the first column seldom does.

    They grow by eights, in hex digits, or in octal or decimal ones as those of od do.
    """
    lines = dump.split("\n", LEAST_LINES + 1)[1 : LEAST_LINES + 1]
    addresses = [found[1] for line in lines if (found := ADDRESS.match(line))]
    groups = [group for line in lines for group in GROUP.findall(line)[1:]]
    if not _has_letters("".join(groups)) and {*map(len, groups)} != {OCTAL_WORD}:
        return False
    return any(_steps(addresses, base) for base in (16, 8, 10))


def _steps(addresses: list[str], base: int) -> bool:
    try:
        numbers = [int(address, base) for address in addresses]
    except ValueError:
        return False
    steps = {after - before for before, after in pairwise(numbers)}
    # Where the same lines are left out (an asterisk), there is a longer step.
    return (
        bool(steps)
        and all(step > 0 and step % 8 == 0 for step in steps)
        and min(steps) <= LONGEST_LINE
    )


def _has_letters(digits: str) -> bool:
    sample = digits[:4096].replace("0x", "")
    letters = sum(sample.count(letter) for letter in "abcdefABCDEF")
    numbers = sum(map(str.isdigit, sample))
    return numbers > 0 and letters >= LEAST_LETTERS * (letters + numbers)
