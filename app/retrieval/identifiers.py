"""Names that mean one thing only: codes, part numbers, clauses, settings, products."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final, NamedTuple

from app.retrieval.numbers import DIGIT, MEASURE, NUMBER, cut_groups
from app.retrieval.rarity import rarity
from app.vector_store.folding import fold, normalize
from app.vector_store.markers import FAULT, MARKER
from app.vector_store.spellings import HUMP
from app.vector_store.stop_words import ENGLISH, language_of

MOST: Final = 8  # of a question
LOOKED_AT: Final = 40  # of a question's, for codes among them
LONGEST: Final = 80
LEAST_DIGITS: Final = 3  # of a number that names a thing wherever it stands
COMMON: Final = 0.7  # the rarity below which a word before a number is only that: "top-10"

CANDIDATE: Final = re.compile(r"(?<![@\w])\w(?:[\w.\-/:]*\w)?")  # not the host of an address
# "PX 7731" is one name, "FY 2019" and "EUR 500" are none.
SPACED: Final = re.compile(
    r"\b(?!(?i:EUR|USD|GBP|CHF|JPY|[AI]) )([A-Z]{1,5}|[a-z]{1,4}) "
    r"(?!(?:19|20)\d\d\b)(\d{3,})(?: ([A-Za-z])\b)?"
)
LONG_DIGITS: Final = 5  # of a number that people write in groups
# A model of a product by its number: "Seahawk 340".
MODEL: Final = re.compile(
    r"\b([A-Z](?=[^\W\d_]*?[a-z])[^\W\d_]*+) (?!(?:19|20)\d\d\b)(\d{2,4}[A-Za-z]?)\b(?![.,:]\d)"
)
RUN: Final = re.compile(r"(?<![\W_])([\W_]*)([^\W\d_]+|\d+)")
JOINT: Final = r"[\s._\-/:']{0,2}"
GROUP_JOINT: Final = r"[\s.,'\-/()]{0,3}"
LEADING_V: Final = re.compile(r"^[vV](?=\d)")
SNAKE: Final = re.compile(r"(?<![^\W_])[^\W_]{2,}_[^\W_]{2,}")
TAIL: Final = re.compile(r"(?:-[a-z]{3,})+$")  # "PX-7731-compatible"
# A product, a class or a setting: "PostgreSQL", "maxRetries". Not "APIs".
MIXED_CASE: Final = re.compile(r"[^\W\d_]*[a-z][A-Z][^\W\d_]*|[A-Z]{2,}[a-z]{2,}")
LEAST_NAME: Final = 4  # letters: "PhD" and "kHz" are words
PLURAL: Final = re.compile("[A-Z]+s")
PROPER: Final = re.compile(r"(?<=[\w,;] )[A-Z][^\W\d_]+")
DOTTED: Final = re.compile(r"[^\W_]{2,}(?:[.][a-z_]{2,})+")
LETTERED: Final = re.compile(
    r"\b((?i:annex|appendix|attachment|exhibit|schedule|annexe|anlage|anhang|allegato|anexo))"
    r" ([B-Z]|(?<=annex |endix )[b-hj-z])\b"
)
# "Errors 21, 22 and 23" names all three.
LISTED: Final = (
    r"(?:\d+(?:\.\d+)*(?:\W{1,3}|\W{1,3}(?:and|or|to|und|oder|bis|et|ou|y|e)\W{1,3})){0,8}"
)
MARKED: Final = re.compile(
    rf"(\b{MARKER}\b[.:]?|(?<!§)§+|#)\s*(?:n[or]\.?\s*)?(\d+(?:\.\d+)*)\b(?!\.?\d)"
)


class Kind(NamedTuple):
    """What an identifier adds to the evidence of passages that hold it, or to all if none does."""

    held: float
    unknown: float


CODE: Final = Kind(0.8, -1.0)  # decides
PRODUCT: Final = Kind(0.3, -0.3)  # says more than a word: what is asked of it may hold for others
NAME: Final = Kind(0.3, 0.0)  # the same, but passages about somebody need not name them


@dataclass(frozen=True, slots=True)
class Identifier:
    """`name` matches where it stands in a folded text, `trace` also where it may be meant."""

    name: re.Pattern[str]
    trace: re.Pattern[str]
    kind: Kind


class _Found(NamedTuple):
    """An identifier whose patterns are not compiled: that takes most of the time."""

    name: str
    trace: str
    kind: Kind = CODE

    def compile(self) -> Identifier:
        return Identifier(re.compile(self.name), re.compile(self.trace), self.kind)


def find_identifiers(question: str) -> list[Identifier]:
    """The identifiers of a question, each once, in their order.

    Where there are codes these alone: a product's name does not make up for its model's.
    """
    found = [*islice(_once(chain(_named(normalize(question)), _marked(fold(question)))), LOOKED_AT)]
    codes = [one for one in found if one.kind is CODE]
    return [one.compile() for one in (codes or found)[:MOST]]


def _once(found: Iterable[_Found]) -> Iterator[_Found]:
    """Each of them once; none is made before its turn."""
    seen: set[_Found] = set()
    for identifier in found:
        if identifier not in seen:
            seen.add(identifier)
            yield identifier


def _named(question: str) -> Iterator[_Found]:
    question, grouped = cut_groups(question)
    yield from (_identify(name) for name in grouped)
    yield from _models(question)
    yield from (_identify(f"{marker}-{letter}") for marker, letter in LETTERED.findall(question))
    yield from (_identify(number, NAME) for number in NUMBER.findall(question))
    proper = _proper_names(question)
    for candidate in CANDIDATE.findall(SPACED.sub(_join, question)):
        is_too_long = len(candidate) > LONGEST or "://" in candidate
        if is_too_long or MEASURE.fullmatch(candidate):
            continue
        name = TAIL.sub("", candidate) if DIGIT.search(candidate) else candidate
        kind = _kind(name, proper)
        if kind is not None:
            yield _identify(name, kind)


def _identify(name: str, kind: Kind = CODE) -> _Found:
    pattern = _pattern(name)
    return _Found(pattern, pattern, kind)


def _models(question: str) -> Iterator[_Found]:
    """Numbers that a product's name before them makes names; a trace is the number alone."""
    for product, number in MODEL.findall(question):
        if _is_product(product) and language_of(question) == ENGLISH:
            folded = number.casefold()
            trace = rf"{folded}(?<![\w.,]{folded})(?<!\d[\s-]{folded})(?!\w|[.,]\d)"
            yield _Found(_pattern(f"{product}-{number}"), trace)


def _is_product(name: str) -> bool:
    return bool(MIXED_CASE.fullmatch(name)) or rarity(name.casefold()) >= 1


def _join(spaced: re.Match[str]) -> str:
    letters = spaced[1]
    is_marker = re.fullmatch(MARKER, letters.casefold())
    is_loud = letters.isupper() and not spaced.string.isupper()
    is_name = not is_marker and (is_loud or rarity(letters.casefold()) >= 1)
    if len(letters) == 1 and letters.islower():  # a word of its own in other languages: "y 2500"
        is_name = language_of(spaced.string) == ENGLISH
    return "-".join(filter(None, spaced.groups())) if is_name else spaced[0]


def _kind(name: str, proper: Collection[str]) -> Kind | None:
    if _is_code(name):
        return CODE
    if len(name) < LEAST_NAME:
        return None
    if MIXED_CASE.fullmatch(name):
        return PRODUCT
    return NAME if name in proper else None


def _proper_names(question: str) -> set[str]:
    """Words with a capital within a sentence that English does not know: "Ollama".

    Only of English: German writes all nouns so.
    """
    capitals = [name for name in PROPER.findall(question) if not PLURAL.fullmatch(name)]
    names = {name for name in capitals if rarity(name.casefold()) >= 1}
    return names if names and language_of(question) == ENGLISH else set()


def _is_code(name: str) -> bool:
    """Digits beside letters, long numbers, underscores and dots inside."""
    if not DIGIT.search(name):
        return bool(SNAKE.search(name) or DOTTED.fullmatch(name))
    words = [run for _, run in RUN.findall(name) if run.isalpha() and run.islower()]
    return all(len(word) < LEAST_DIGITS or rarity(word) >= COMMON for word in words)


def _pattern(name: str) -> str:
    """Letters and digits may be written apart, joined or with another sign between them.

    So may the digits of a long number, unless dots divide them: "192.168.0.1" is not 1921.6801.
    """
    is_version = "." in name
    is_long = len(DIGIT.findall(name)) >= LONG_DIGITS and not is_version
    name = LEADING_V.sub("", name) if is_version else HUMP.sub("-", name)
    pattern, before = "", ""
    for separator, run in RUN.findall(name.casefold()):
        is_within_number = before.isdigit() and run.isdigit()
        joint = re.escape(separator) if is_within_number else JOINT
        joint = GROUP_JOINT if is_long else joint
        spelled = GROUP_JOINT.join(run) if is_long and run.isdigit() else re.escape(run)
        pattern += (joint if before else "") + spelled
        before = run
    first, rest = pattern[0], pattern[1:]
    start = _begins_word(first)
    if is_version and first.isdigit():
        start = rf"(?:{start}|(?<=v{first}){_begins_word(f'v{first}')})"
    return rf"{first}{start}{rest}s?(?!\w)(?!-\d)"


def _begins_word(written: str) -> str:
    """Asserts, just behind `written`, that no letter and no number with a dot stands before it.

    Python finds a pattern that begins with a character, and looks back then, in a thirtieth of the
    time of one that begins by looking back.
    """
    return rf"(?<!\w{written})(?<!\d[.\-]{written})"


def _marked(question: str) -> Iterator[_Found]:
    """Numbers that a word before them makes names: "clause 7.3", "error 404", "§ 12"."""
    for marker, number in MARKED.findall(question):
        is_fault = re.match(FAULT, marker)
        before = FAULT if is_fault else rf"(?!{FAULT}){MARKER}"
        written = re.escape(number)
        bare = trace = rf"{written}(?<![\w.]{written})(?!\w|\.?\d)"
        if "." in number or len(number) < LEAST_DIGITS:
            # After such a word, as the number of a paragraph or heading, or in a cell.
            bare = (
                rf"(?:\b{before}\b|[§#])\W{{0,3}}(?:n[or]\.?\s*)?{LISTED}(?:[a-z][\s-])?{bare}"
                rf"|(?m:^)\W{{0,3}}{bare}(?=\W*(?:[^\W\d_]{{3}}|an?\s))"
                rf"|\|\s*{bare}(?=\s*(?:\||$))"
            )
        yield _Found(bare, trace)
