"""Numbers and names of logins, sessions and keys."""

from datetime import timedelta
from typing import Final

MAGIC_LINK_MINUTES: Final = 15
TYPED_CODES: Final = 5  # after so many, none of them right, a code is worth nothing
CODE_CHARS: Final = 8
CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none looks like another

SESSION: Final = timedelta(days=30)
SESSION_COOKIE: Final = "brag_session"
SECURE_COOKIE: Final = "__Host-brag_session"  # RFC 6265bis, 4.1.3.2: of this host, over TLS alone

KEY_PREFIX: Final = "brag_"
SHOWN_CHARS: Final = 4  # of a key, after its prefix and at its end
MAX_API_KEYS: Final = 100  # of one user

CACHE_SEC: Final = 4.0  # a revocation reaches every process within 5 s
MAX_CACHED: Final = 10_000
MAX_MAIL_ATTEMPTS: Final = 20  # about a quarter of an hour
EXPIRE_SEC: Final = 600.0  # between two looks for what has expired
EXPORT_BATCH: Final = 20  # rows at a time: one may have more than a megabyte

MAILS: Final = ("/v1/users", "/v1/login")  # the paths that mail a link
