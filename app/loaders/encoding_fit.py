"""How well a text reads, once it has been decoded with an encoding that may be another's."""

import re
from typing import Final

# The letters beyond ASCII of the languages that are written in an encoding, one string each.
# fmt: off
CENTRAL_EUROPEAN: Final = (
    "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíľňóôšťúýž", "áéíóöőúüű", "čšž", "ćčđšž", "ăâîşţ",
)
ALPHABETS: Final = {
    "cp1252": (
        "äöüßéà", "àâæçèéêëîïôœùûüÿ", "áéíñóúüªº", "áâãàçéêíóôõúü", "àèéìíîòóùú", "áéëïöüóíèç",
        "æøåéóòôü", "åäöéüà", "áéíóúýþæöð", "àçèéíïóòúü",
    ),
    "iso8859-2": CENTRAL_EUROPEAN,
    "cp1250": CENTRAL_EUROPEAN,
    "cp1257": ("äöõüšž", "āčēģīķļņšūž", "ąčęėįšųūž"),
    "cp1254": ("çğıöşüâîû",),
}
# fmt: on
# Kana stand at the same places in several of them: the Japanese ones come first.
IDEOGRAPHIC: Final = ("cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949")
# fmt: off
OTHER_SCRIPTS: Final = (
    "cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp1253", "iso8859-7", "cp1255", "iso8859-8",
    "cp1256", "iso8859-6", "cp874",
)
# fmt: on
# The first of equals is taken. Of ISO 8859-2 and cp1250, the latter has letters of its own that
# would have told it.
CANDIDATES: Final = (*ALPHABETS, *IDEOGRAPHIC, *OTHER_SCRIPTS)
LEAST_FIT: Final = 0.01
SHORTEST_WORDS: Final = 2.5  # letters, on average: single letters of another script are misread
FOREIGN_WORD: Final = re.compile(
    r"(?<![A-Za-z])[A-Za-z]*+[^\x00-\x7f\x85\xa0\u2000-\u206f\u3000-\u303f]"
    r"[^\x00-@\[-`{-\x7f\x85\xa0\u2000-\u206f\u3000-\u303f]*"
)
MIXED: Final = re.compile(
    r"[A-Za-z][^\x00-\xbf\u2000-\u206f\u3000-\u303f]"
    r"|[^\x00-\xbf\u2000-\u206f\u3000-\u303f][A-Za-z]"
)
SIGNS: Final = "ªµº"  # letters by their category, in any language
# Signs that are glued to a word, and letters where no language has them.
MISPLACED: Final = re.compile(
    r"""[\x80-\x9f\ufffd\u02c7\u02d8-\u02dd\u2500-\u25ff]  # of no language
    | (?<=[^\W\d_]) [£¥¤¦¨©«¬®¯±¶\xb8¼½¾¿¡\xd7÷¢] (?=[^\W\d_])
    | (?<![^\W_]) [£¥¤¦¨©¬®¯±¶\xb8¼½¾³²¹\xd7÷] (?=[^\W\d_])
    | (?<=[^\W\d_]) [£¥¤¦¨¬±¶\xb8¼½¾\xd7÷µ]
    | (?<=[^\W\d_]{2}) (?<![cdhkm]m) [¹²³]  # cm², but not by³
    | (?<![\d.]) [ºª] | [ªº] (?=[a-z]) | [ŁĽ] (?=\d)
    | (?<=[^\W\d_A-Z]) [ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŁŃŠŒŽŸĽŹĹŐŢŇĎĐ]
    | (?<=[\u0430-\u045f]) [\u0400-\u042f]  # Cyrillic: a capital after a small letter
    | (?<=[\u03ac-\u03ce]) [\u0386-\u038f\u0391-\u03ab]  # Greek: likewise
    | (?<!\w) [ąłşţľĺśźżćšťžđńňřů] (?!\w)  # signs, in another encoding: no word is one of these
    | [ìù] (?=[a-z]) | ñ\b | \b[ðÐ] | þ\b | ã (?=[^\Woesi])""",
    re.VERBOSE,
)


def likelihood(text: str, encoding: str) -> float:
    """How well a text reads in the encoding: 1 for a text without anything strange, 0 for none."""
    if encoding not in ALPHABETS and (is_mixed(text, encoding) or _is_scattered(text, encoding)):
        return 0.0
    return float(fit(text, encoding) ** 3)


def fit(text: str, encoding: str) -> float:
    """The share of the characters beyond ASCII that fit to one language and to their places."""
    beyond_ascii = [character.lower() for character in text if character > "\x7f"]
    letters = [
        character for character in beyond_ascii if character.isalpha() and character not in SIGNS
    ]
    strange = min(
        (sum(letter not in alphabet for letter in letters) for alphabet in _alphabets(encoding)),
        default=0,
    )
    misplaced = len(MISPLACED.findall(text))
    return max(LEAST_FIT, 1 - (strange + misplaced) / max(1, len(beyond_ascii)))


def _alphabets(encoding: str) -> tuple[str, ...]:
    return ALPHABETS.get(encoding, ())


def is_mixed(text: str, encoding: str) -> bool:
    """Whether words hold letters of two scripts; in Chinese or Japanese some do."""
    if encoding in IDEOGRAPHIC:
        beyond_ascii = sum(character > "\x7f" for character in text)
        return len(MIXED.findall(text)) * 4 > beyond_ascii
    words = FOREIGN_WORD.findall(text)
    return sum(MIXED.search(word) is not None for word in words) * 10 > len(words)


def _is_scattered(text: str, encoding: str) -> bool:
    """Whether there are only single letters of another script, here and there."""
    words = FOREIGN_WORD.findall(text)
    letters = sum(map(len, words))
    return encoding not in IDEOGRAPHIC and letters < SHORTEST_WORDS * len(words)
