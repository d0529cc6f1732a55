"""Names that mean one thing only: codes, part numbers, clauses, settings, products."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from app.retrieval.rarity import rarity
from app.vector_store.folding import fold, normalize
from app.vector_store.stop_words import ENGLISH, language_of

MOST: Final = 8  # of a question
LONGEST: Final = 80
LEAST_DIGITS: Final = 3  # of a number that names a thing wherever it stands
COMMON: Final = 0.7  # the rarity below which a word before a number is only that: "top-10"

CANDIDATE: Final = re.compile(r"(?<![@\w])\w(?:[\w.\-/:]*\w)?")  # not the host of an address
# "PX 7731" is one name, "FY 2019" and "EUR 500" are none.
SPACED: Final = re.compile(
    r"\b(?!(?i:EUR|USD|GBP|CHF|JPY|[AI]) )([A-Z]{1,5}|[a-z]{2,4}) "
    r"(?!(?:19|20)\d\d\b)(\d{3,})(?: ([A-Za-z])\b)?"
)
RUN: Final = re.compile(r"([\W_]*)([^\W\d_]+|\d+)")
JOINT: Final = r"[\s._\-/:]{0,2}"
DIGIT: Final = re.compile(r"\d")
SNAKE: Final = re.compile(r"[^\W_]{2,}_[^\W_]{2,}")
# Dates, times, amounts, years, "20-year-old": they measure, and name nothing.
MEASURE: Final = re.compile(
    r"\d{4}-\d\d?-\d\d?(?:T[\d:.]+)?|\d\d?[./]\d\d?[./]\d{2,4}|\d\d?:\d\d(?::\d\d)?(?:[ap]m)?"
    r"|\d{1,4}(?:[-/:]\d{1,4})?|\d+0{3}|\d+\.\d+|\d+(?:[.\-/]\d+)?[a-zµ]{1,3}|\d+(?:-[a-z]+)+"
    r"|\d+(?:\.\d+)?(?:[A-Z]|[KMGT]i?B|[kMGT]Hz|k[WV]|mAh|kWh)"
)
TAIL: Final = re.compile(r"(?:-[a-z]{3,})+$")  # "PX-7731-compatible"
# A product, a class or a setting: "PostgreSQL", "maxRetries". Not "APIs".
MIXED_CASE: Final = re.compile(r"[^\W\d_]*[a-z][A-Z][^\W\d_]*|[A-Z]{2,}[a-z]{2,}")
LEAST_NAME: Final = 4  # letters: "PhD" and "kHz" are words
PLURAL: Final = re.compile("[A-Z]+s")
PROPER: Final = re.compile(r"(?<=[\w,;] )[A-Z][^\W\d_]+")
DOTTED: Final = re.compile(r"[^\W_]{2,}(?:[.][a-z_]{2,})+")
# What a number after it names.
MARKER: Final = (
    "(?:errors?|codes?|clauses?|sections?|articles?|art|paragraphs?|paras?|chapters?|appendix|annex"
    "|tables?|figures?|fig|steps?|rules?|rooms?|forms?|models?|parts?|orders?|invoices?|tickets?"
    "|cases?|lines?|numbers?|no|nr|versions?|ports?|iso|din|rfc|http|status|type|pages?|items?"
    "|artikel|abschnitt|absatz|ziffer|klausel|kapitel|fehler(?:code)?|seite|tabelle|raum|formular"
    "|article|clause|erreur|chapitre|articulo|clausula|seccion|articolo|sezione)"
)
MARKED: Final = re.compile(
    rf"(?:\b{MARKER}\b[.:]?|§+|#)\s*(?:n[or]\.?\s*)?(\d+(?:\.\d+)*)\b(?!\.?\d)"
)


class Kind(NamedTuple):
    """What an identifier adds to the evidence of passages that hold it, or to all if none does."""

    held: float
    unknown: float


CODE: Final = Kind(0.8, -1.0)  # decides
PRODUCT: Final = Kind(0.2, -0.3)  # says more than a word: what is asked of it may hold for others
NAME: Final = Kind(0.2, 0.0)  # the same, but passages about somebody need not name them


@dataclass(frozen=True, slots=True)
class Identifier:
    """`name` matches where it stands in a folded text, `trace` also where it may be meant."""

    name: re.Pattern[str]
    trace: re.Pattern[str]
    kind: Kind = CODE


def find_identifiers(question: str) -> list[Identifier]:
    """The identifiers of a question, each once, in their order."""
    return [*dict.fromkeys((*_named(normalize(question)), *_marked(fold(question))))][:MOST]


def _named(question: str) -> Iterator[Identifier]:
    proper = _proper_names(question)
    joined = SPACED.sub(_join, question)
    for candidate in CANDIDATE.findall(joined):
        is_too_long = len(candidate) > LONGEST or "://" in candidate
        if is_too_long or MEASURE.fullmatch(candidate):
            continue
        name = TAIL.sub("", candidate) if DIGIT.search(candidate) else candidate
        kind = _kind(name, proper)
        if kind is not None:
            pattern = _pattern(name.casefold())
            yield Identifier(pattern, pattern, kind)


def _join(spaced: re.Match[str]) -> str:
    letters = spaced[1]
    is_name = letters.isupper() or rarity(letters) >= 1
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


def _pattern(name: str) -> re.Pattern[str]:
    """Letters and digits may be written apart, joined or with another sign between them."""
    pattern, before = "", ""
    for separator, run in RUN.findall(name):
        is_within_number = before.isdigit() and run.isdigit()
        joint = re.escape(separator) if is_within_number else JOINT
        pattern += (joint if before else "") + re.escape(run)
        before = run
    return re.compile(rf"(?<!\w)(?<!\d[.\-]){pattern}s?(?!\w)(?!-\d)")


def _marked(question: str) -> Iterator[Identifier]:
    """Numbers that a word before them makes names: "clause 7.3", "error 404", "§ 12"."""
    for number in MARKED.findall(question):
        bare = rf"(?<![\w.]){re.escape(number)}(?!\w|\.?\d)"
        trace = re.compile(bare)
        if "." in number or len(number) < LEAST_DIGITS:
            # After such a word, or as the number of a paragraph or heading.
            bare = (
                rf"(?:\b{MARKER}\b|[§#])\W{{0,3}}(?:n[or]\.?\s*)?{bare}"
                rf"|(?m:^)\W{{0,3}}{bare}(?=\W*(?:[^\W\d_]{{3}}|an?\s))"
            )
        yield Identifier(re.compile(bare), trace)
