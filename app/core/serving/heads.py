"""What the head of a request must be beyond what the parser sees to (RFC 9112)."""

from typing import Final

from app.core.exceptions import BadRequest, HeadersTooLarge

Header = tuple[bytes, bytes]

VERSIONS: Final = ("1.1", "1.0")
FRAMING: Final = frozenset({b"host", b"content-length", b"transfer-encoding"})
MAX_LENGTH_DIGITS: Final = 18


def check_head(version: str, headers: list[Header], max_headers: int) -> bool:
    """Whether the body has a Content-Length; raises a BragError where a head cannot be trusted.

    That is one that is too long, or that others may read in another way. The parser itself refuses
    what is no HTTP, several Content-Lengths, and one beside a Transfer-Encoding.
    """
    if version not in VERSIONS:
        raise BadRequest("HTTP/1.1 and HTTP/1.0 are spoken here.")
    if len(headers) > max_headers:
        raise HeadersTooLarge
    hosts, lengths, codings = 0, 0, []
    for name, value in [header for header in headers if header[0] in FRAMING]:
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            lengths = len(value)
        else:
            codings.append(value.strip().lower())
    if hosts != 1 and (hosts or version != "1.0"):
        raise BadRequest("A request has one Host header.")
    if lengths > MAX_LENGTH_DIGITS:
        raise BadRequest("The Content-Length of the request is no length.")
    if codings and (codings != [b"chunked"] or version == "1.0"):
        raise BadRequest("The one Transfer-Encoding that is understood is chunked, in HTTP/1.1.")
    return bool(lengths)


def without_upgrade(method: bytes, url: bytes, version: str, headers: list[Header]) -> bytes:
    """The head anew, as if nobody had asked for another protocol (RFC 9110, 7.8)."""
    lines = [b"%b %b HTTP/%b" % (method, url, version.encode())]
    lines += [b"%b: %b" % header for header in headers if header[0] != b"upgrade"]
    return b"\r\n".join([*lines, b"", b""])
