"""How many mails with a sign-in link go out: nobody's mailbox is flooded through us."""

from collections.abc import Callable
from time import monotonic
from typing import Final

from app.core.exceptions import RateLimited
from app.rate_limits.addresses import client_network
from app.rate_limits.windows import MovingWindow

WINDOW_SEC: Final = 3600
ADDRESS_FACTOR: Final = 4  # several people can share an address


class MailLimits:
    """At most `per_hour` mails to a mail address, and 4 times that for a client address; 0: any.

    Ask before looking the mail address up: limits must not tell whether it is known.
    """

    def __init__(self, per_hour: int, now: Callable[[], float] = monotonic) -> None:
        self._is_on = per_hour > 0
        self._by_email = MovingWindow(per_hour, WINDOW_SEC, now)
        self._by_address = MovingWindow(per_hour * ADDRESS_FACTOR, WINDOW_SEC, now)

    def hit(self, email: str, address: str) -> None:
        """Counts a mail; raises RateLimited, and counts nothing, where either limit is reached."""
        if not self._is_on:
            return
        email, network = email.casefold(), client_network(address)
        looks = (self._by_email.look(email), self._by_address.look(network))
        waits = [look.wait_sec for look in looks if not look.is_granted]
        if waits:
            raise RateLimited("Too many sign-in links. Please wait.", retry_after=max(waits))
        self._by_email.hit(email)
        self._by_address.hit(network)
