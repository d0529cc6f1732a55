"""Guesses the encoding of a text that does not declare it.

chardet scores each encoding by its pairs of bytes. On a few words this is not enough: a French
sentence comes out with a Cyrillic letter in it. So each reading is also looked at as a text.
"""

import codecs
import re
from collections.abc import Iterable
from typing import Final

from app.loaders.encoding_fit import ALPHABETS, CANDIDATES, IDEOGRAPHIC, fit, is_mixed, likelihood

MOST_COMMON: Final = "cp1252"
# Encodings that are seldom met, as a factor of their score.
RARE: Final = {"cp1257": 0.8, "cp1254": 0.9, "koi8-r": 0.7, "koi8-u": 0.7}
LEAST_SCORE: Final = 0.02  # of Japanese that is too short for chardet
# Of the most common encoding, divided by how much there is to go by: a factor and a summand.
FAVOUR: Final = 0.5
BENEFIT_OF_DOUBT: Final = 0.002
BELIEVABLE_FIT: Final = 0.75  # real texts are above 0.9, texts of another script below 0.5
SAMPLE_BYTES: Final = 65_536
CONTEXT_BYTES: Final = 100
HIGH: Final = re.compile(rb"[\x80-\xff]")
BLANK: Final = re.compile(rb"[\t\n\r ]")
CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
KANA: Final = re.compile(r"[\u3041-\u30fe]")


def guess(data: bytes) -> str | None:
    """The text in the most likely encoding; None if it is text in none of them."""
    for encoding in _rank(_sample(data)):
        text = mend(data, encoding)
        if text is not None and ("\ufffd" not in text or is_believable(data, encoding)):
            return text
    return None


def mend(data: bytes, encoding: str) -> str | None:
    """The text with U+FFFD for each broken byte; None if there are more than a few."""
    return _unless_broken(data.decode(encoding, "replace"))


def is_believable(data: bytes, encoding: str) -> bool:
    """Whether a text reads as one in this encoding; always so for encodings that are not judged."""
    text = _read(_sample(data), encoding) if encoding in CANDIDATES else None
    if text is None:
        return True
    if CONTROL.search(text) or (encoding not in ALPHABETS and is_mixed(text, encoding)):
        return False
    return fit(text, encoding) >= BELIEVABLE_FIT


def _sample(data: bytes) -> bytes:
    """The parts that tell the encoding: what is beyond ASCII, with what is around it in its line.

    A part begins in plain ASCII and ends at a blank, so it cuts no character.
    """
    parts: list[bytes] = []
    position = size = 0
    while size < SAMPLE_BYTES and (high := HIGH.search(data, position)):
        start = max(position, high.start() - CONTEXT_BYTES)
        start = data.rfind(b"\n", start, high.start()) + 1 or start
        position = _end_of_part(data, high.end())
        parts.append(data[start:position])
        size += len(parts[-1])
    return b"\n".join(parts)


def _end_of_part(data: bytes, start: int) -> int:
    line_end = data.find(b"\n", start, start + CONTEXT_BYTES)
    if line_end >= 0:
        return line_end
    blank = BLANK.search(data, start + CONTEXT_BYTES, start + SAMPLE_BYTES)
    return blank.start() if blank else start + SAMPLE_BYTES


def _rank(sample: bytes) -> list[str]:
    confidences = _chardet(sample, CANDIDATES)
    scores: dict[str, float] = {}
    for encoding in CANDIDATES:
        if (text := _read(sample, encoding)) is not None:
            confidence = confidences.get(encoding, 0.0) or _confidence_if_mended(text, encoding)
            scores[encoding] = _score(text, encoding, confidence)
    likely = [encoding for encoding, score in scores.items() if score or encoding == MOST_COMMON]
    return sorted(likely, key=lambda encoding: -scores[encoding])


def _confidence_if_mended(text: str, encoding: str) -> float:
    """That in a text without its broken bytes, for one of which chardet drops an encoding."""
    if "\ufffd" not in text:
        return 0.0
    whole = text.replace("\ufffd", "").encode(encoding, "ignore")
    return _chardet(whole, (encoding, MOST_COMMON)).get(encoding, 0.0)


def _score(text: str, encoding: str, confidence: float) -> float:
    if encoding in IDEOGRAPHIC and not confidence:
        confidence = LEAST_SCORE * len(KANA.findall(text)) / max(1, len(text))
    if encoding == MOST_COMMON:  # what speaks for it counts most where there is little to go by
        beyond_ascii = sum(character > "\x7f" for character in text)
        confidence += (FAVOUR * confidence + BENEFIT_OF_DOUBT) / max(1, beyond_ascii)
    return confidence * RARE.get(encoding, 1.0) * likelihood(text, encoding)


def _chardet(sample: bytes, encodings: Iterable[str]) -> dict[str, float]:
    # Imported only for what is not UTF-8: its models take a quarter of a second to load.
    import chardet

    found = chardet.detect_all(
        sample,
        ignore_threshold=True,
        max_bytes=max(1, len(sample)),
        compat_names=False,
        include_encodings=encodings,
    )
    return {one["encoding"]: one["confidence"] for one in found if one["encoding"] is not None}


def _read(sample: bytes, encoding: str) -> str | None:
    # Not final: the last character may be cut.
    return _unless_broken(codecs.getincrementaldecoder(encoding)("replace").decode(sample))


def _unless_broken(text: str) -> str | None:
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return text if text.count("\ufffd") * 10 <= beyond_ascii else None
