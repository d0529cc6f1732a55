"""Numbers of lists as Word shows them (ECMA-376 part 1, 17.18.59)."""

from collections.abc import Callable
from typing import Final

ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
MAX_ROMAN: Final = 32_767  # the most that Word counts to
MAX_REPEATED: Final = 30  # zzz… of Word ends there
RUSSIAN: Final = "абвгдежзиклмнопрстуфхцчшщыэюя"
# fmt: off
ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)
TENS: Final = (
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)
ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}
# fmt: on
HAN: Final = "〇一二三四五六七八九"
SMALL: Final = 100  # from here on a number in words is written in digits


def format_number(value: int, style: str) -> str:
    """The number in a format of `w:numFmt`; in digits where Word's own form is not known."""
    return FORMATS.get(style, str)(value)


def _letters(value: int, alphabet: str = "abcdefghijklmnopqrstuvwxyz") -> str:
    """From a to z, then aa, bb: Word repeats the letter."""
    times, place = divmod(value - 1, len(alphabet))
    if not 0 <= times < MAX_REPEATED:
        return str(value)
    return alphabet[place] * (times + 1)


def _roman(value: int) -> str:
    if not 0 < value <= MAX_ROMAN:
        return str(value)
    digits = []
    for size, sign in ROMAN:
        times, value = divmod(value, size)
        digits.append(sign * times)
    return "".join(digits)


def _ordinal(value: int) -> str:
    is_teen = value // 10 % 10 == 1
    return f"{value}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(value % 10, 'th')}"


def _words(value: int) -> str:
    if not 0 <= value < SMALL:
        return str(value)
    if value < len(ONES):
        return ONES[value].capitalize()
    tens, ones = divmod(value, 10)
    return f"{TENS[tens]}-{ONES[ones]}".removesuffix("-zero").capitalize()


def _ordinal_words(value: int) -> str:
    if not 0 < value < SMALL:
        return _ordinal(value)
    start, hyphen, last = _words(value).lower().rpartition("-")
    last = ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{start}{hyphen}{last}".capitalize()


def _han(value: int) -> str:
    if not 0 < value < SMALL:
        return str(value)
    tens, ones = divmod(value, 10)
    ten = "" if not tens else "十" if tens == 1 else f"{HAN[tens]}十"
    return ten + (HAN[ones] if ones else "")


def _from(first: str, count: int) -> Callable[[int], str]:
    """Characters that follow one another in Unicode."""
    return lambda value: chr(ord(first) + value - 1) if 0 < value <= count else str(value)


def _repeated(signs: str) -> Callable[[int], str]:
    return lambda value: _letters(value, signs)


def _padded(width: int) -> Callable[[int], str]:
    return lambda value: f"{value:0{width}}"


def _upper(write: Callable[[int], str]) -> Callable[[int], str]:
    return lambda value: write(value).upper()


FORMATS: Final[dict[str, Callable[[int], str]]] = {
    "none": lambda _: "",
    "bullet": lambda _: "",
    "lowerLetter": _letters,
    "upperLetter": _upper(_letters),
    "lowerRoman": _roman,
    "upperRoman": _upper(_roman),
    "ordinal": _ordinal,
    "cardinalText": _words,
    "ordinalText": _ordinal_words,
    "decimalZero": _padded(2),
    "001, 002, 003, ...": _padded(3),  # `w:format` of a custom format
    "0001, 0002, 0003, ...": _padded(4),
    "00001, 00002, 00003, ...": _padded(5),
    "hex": lambda value: f"{value:X}",
    "chicago": _repeated("*†‡§"),
    "numberInDash": lambda value: f"- {value} -",
    "russianLower": _repeated(RUSSIAN),
    "russianUpper": _upper(_repeated(RUSSIAN)),
    "decimalEnclosedCircle": _from("①", 20),
    "decimalEnclosedCircleChinese": _from("①", 20),
    "decimalEnclosedParen": _from("⑴", 20),
    "decimalEnclosedFullstop": _from("⒈", 20),
    "chineseCounting": _han,
    "chineseCountingThousand": _han,
    "japaneseCounting": _han,
    "taiwaneseCounting": _han,
    "taiwaneseCountingThousand": _han,
    "ideographDigital": lambda value: "".join(HAN[int(digit)] for digit in str(abs(value))),
    "japaneseDigitalTenThousand": lambda value: "".join(HAN[int(d)] for d in str(abs(value))),
    "ganada": _repeated("가나다라마바사아자차카타파하"),
    "aiueoFullWidth": _repeated("アイウエオカキクケコサシスセソタチツテト"),
    "decimalFullWidth": lambda value: str(value).translate({48 + d: 0xFF10 + d for d in range(10)}),
}
