"""Names and numbers of the knowledge base."""

from typing import Final
from uuid import UUID

NAMESPACE: Final = UUID("6b1d5f0e-3c7a-4d52-9a49-0d3f5f0b7c11")  # of the UUIDv5s below
CANDIDATES: Final = 50
MEDIA_TYPES: Final = {".md": "text/markdown", ".markdown": "text/markdown", ".txt": "text/plain"}
EMBED_AT_ONCE: Final = 16
