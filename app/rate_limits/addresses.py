"""Which clients count as one."""

from ipaddress import IPv6Address, ip_address
from typing import Final

UNKNOWN: Final = "unknown"  # a socket file has no address, and a proxy can send any text for one
HOST_BITS: Final = 64  # of IPv6: whoever has one address has all of its /64 (RFC 6177)


def client_network(address: str) -> str:
    """What an address counts as: an IPv6 address as its /64, IPv4 within IPv6 as IPv4."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return UNKNOWN
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> HOST_BITS:x}::/64"
