"""The streams of a PDF, unpacked without mending them: the owner is told of damage."""

import zlib
from collections.abc import Callable
from typing import Final

from pypdf.errors import LimitReachedError
from pypdf.filters import ASCII85Decode, ASCIIHexDecode, LZWDecode, RunLengthDecode
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from app.loaders.pdf.pages import resolve

MAX_STREAM_BYTES: Final = 75_000_000
FLATE: Final = frozenset({"/FlateDecode", "/Fl"})
OTHER_FILTERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "/ASCII85Decode": ASCII85Decode.decode,
    "/A85": ASCII85Decode.decode,
    "/ASCIIHexDecode": ASCIIHexDecode.decode,
    "/AHx": ASCIIHexDecode.decode,
    "/LZWDecode": LZWDecode.decode,
    "/LZW": LZWDecode.decode,
    "/RunLengthDecode": RunLengthDecode.decode,
    "/RL": RunLengthDecode.decode,
}
NO_PREDICTOR: Final = 1


class DamagedStream(Exception):
    """A stream that cannot be unpacked."""


def unpack(stream: StreamObject) -> tuple[bytes, bool]:
    """What a stream holds, and whether that is the whole of it.

    Raises DamagedStream where it cannot be unpacked, and LimitReachedError where it is huge.
    """
    # The method of the base class gives the packed bytes, which pypdf keeps to itself.
    data, is_whole = StreamObject.get_data(stream), True
    filters, parameters = (_listed(stream.get(key)) for key in ("/Filter", "/DecodeParms"))
    if any(_predictor(entry) != NO_PREDICTOR for entry in parameters):
        return _unpack_by_pypdf(stream), True
    for name in filters:
        if name in FLATE:
            data, is_whole = inflate(data)
        else:
            data = _decode(str(name), data)
    return data, is_whole


def inflate(packed: bytes) -> tuple[bytes, bool]:
    """What zlib packed, and whether that is the whole of it; raises as `unpack` does."""
    decompressor = zlib.decompressobj()
    try:
        data = decompressor.decompress(packed, MAX_STREAM_BYTES)
    except zlib.error as error:
        raise DamagedStream from error
    if decompressor.unconsumed_tail:
        raise LimitReachedError
    return data, decompressor.eof or _lacks_only_its_checksum(packed)


def _lacks_only_its_checksum(packed: bytes) -> bool:
    # RFC 1950: two bytes, what RFC 1951 packed, four bytes of checksum, which some writers cut off.
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    decompressor.decompress(packed[2:], MAX_STREAM_BYTES)
    return decompressor.eof


def _decode(name: str, data: bytes) -> bytes:
    try:
        return OTHER_FILTERS[name](data)
    except (LimitReachedError, MemoryError):
        raise
    except Exception as error:  # pypdf documents that a broken file may raise anything
        raise DamagedStream from error


def _unpack_by_pypdf(stream: StreamObject) -> bytes:
    try:
        return stream.get_data()
    except (LimitReachedError, MemoryError):
        raise
    except Exception as error:  # likewise
        raise DamagedStream from error


def _listed(entry: object) -> list[object]:
    found = resolve(entry)
    entries = found if isinstance(found, ArrayObject) else [] if found is None else [found]
    return [resolve(entry) for entry in entries]


def _predictor(parameters: object) -> object:
    if not isinstance(parameters, DictionaryObject):
        return NO_PREDICTOR
    return parameters.get("/Predictor", NO_PREDICTOR)
