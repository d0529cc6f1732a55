"""Where the links of a page lead to."""

from typing import Final
from urllib.parse import urljoin

from app.loaders.marks import LEADS_NOWHERE, MAX_ADDRESS_CHARS

NOT_IN_AN_ADDRESS: Final = str.maketrans("", "", "\t\r\n")  # https://url.spec.whatwg.org


class Links:
    """Knows the address that the page says its links start from."""

    def __init__(self) -> None:
        self._base = ""

    def set_base(self, address: str) -> None:
        """The first address counts."""
        address = address.strip()
        if not self._base and len(address) <= MAX_ADDRESS_CHARS:
            self._base = address

    def resolve(self, address: str) -> str:
        """The whole address where the page says where it stands, else the address as written."""
        if len(address) > MAX_ADDRESS_CHARS or LEADS_NOWHERE.match(address):
            return ""
        address = address.translate(NOT_IN_AN_ADDRESS).strip()
        if not self._base:
            return address
        try:
            return urljoin(self._base, address)
        except ValueError:  # brackets that are no IPv6 address
            return address
