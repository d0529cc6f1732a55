"""Bodies that are compressed although it was asked that they are not."""

import zlib
from collections.abc import Callable
from typing import Final

GZIP: Final = b"\x1f"  # the first byte of a member (RFC 1952, 2.3.1), and of no text
WITH_HEADER: Final = 16 + zlib.MAX_WBITS


def decompressor(beginning: bytes) -> Callable[[bytes], bytes]:
    """What makes the parts of a body plain; its first byte tells, since its label may be wrong.

    Proxies compress and do not say so, or decompress and leave the label on. Raises zlib.error.
    """
    return _Gunzip().feed if beginning.startswith(GZIP) else bytes


class _Gunzip:
    """Decompresses gzip of one member or of many, as of a proxy that compresses each event."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(WITH_HEADER)

    def feed(self, data: bytes) -> bytes:
        plain = self._member.decompress(data)
        while self._member.unused_data.startswith(GZIP):
            data = self._member.unused_data
            self._member = zlib.decompressobj(WITH_HEADER)
            plain += self._member.decompress(data)
        return plain
