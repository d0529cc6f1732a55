"""Numbers in a question: those that measure, and those that name."""

import re
from typing import Final

DIGIT: Final = re.compile(r"\d")
# A number in groups: "030 555 01-42", "4G0 407 151 A". Not a date.
GROUPED: Final = re.compile(
    r"(?<![\w.])(?!\d{4}-\d\d-)(?!\d\d?[./-]\d\d?[./-]\d)"
    r"[A-Z]{0,3}\d[\dA-Z]*(?:[ /-]+\(?\d[\dA-Z]*\)?)+(?: [A-Z])?(?![\w.,:])"
)
GROUPED_DIGITS: Final = 7  # at least
# Dates, times, amounts, years, "20-year-old": they measure, and name nothing.
MEASURE: Final = re.compile(
    r"\d{4}[-/.]\d\d?[-/.]\d\d?(?:T[\d:.]+Z?)?|\d\d?([./-])\d\d?\1\d{2,4}"
    r"|\d\d?-[A-Za-z]{3,9}-(?:\d\d){1,2}|\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?:[ap]m|Z)?"
    r"|\d{1,3}(?:\.\d{3}){2}"
    r"|\d{1,4}(?:[-/:]\d{1,4})?|\d+0{3}|\d+\.\d+|\d+(?:[.\-/]\d+)?[a-zµ]{1,3}|\d+(?:-[a-z]+)+"
    r"|\d+(?:\.\d+)?(?:[A-Z]|[KMGT]i?B|[kMGT]Hz|k[WV]|mAh|kWh)"
)
# Of a phone, of an error: it says more than a word. Not a year, nor a price.
NUMBER: Final = re.compile(
    r"(?<![\w.,:/€$£-])(?<!(?:EUR|USD|GBP|CHF|JPY) )(?!(?:19|20)\d\d\b)\d{3,4}(?<!000)"
    r"(?![\w%€$£]|[.,:/-]\d)"
)


def cut_groups(question: str) -> tuple[str, list[str]]:
    """The question without its long numbers in groups, and these: they are one name each."""
    grouped = [
        found
        for found in GROUPED.findall(question)
        if " " in found and len(DIGIT.findall(found)) >= GROUPED_DIGITS
    ]
    for found in grouped:
        question = question.replace(found, " ")
    return question, [found for found in grouped if not found.endswith("000")]
