"""shim"""
from dataclasses import dataclass
from pathlib import Path
from app.documents.exceptions import UnreadableDocument
import re
@dataclass(frozen=True)
class LoadedDocument:
    text: str
    title: str | None
    media_type: str
def load(data: bytes, *, name, media_type):
    try: text = data.decode()
    except UnicodeDecodeError: raise UnreadableDocument("not text")
    m = re.search(r"^#\s+(.+)$", text, re.M)
    return LoadedDocument(text, m and m.group(1), "text/markdown")
def find_files(path):
    if path.is_file(): yield path
    else: yield from sorted(p for p in path.rglob("*.md"))
