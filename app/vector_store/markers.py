"""Words after which a number is a name: "clause 7", "error 404", "§ 12"."""

import re
from typing import Final

FAULT: Final = (
    "(?:errors?|codes?|faults?|alarms?|warnings?|messages?|http|status|fehler(?:code)?|storung"
    "|erreur)"
)
MARKER: Final = (
    f"(?:{FAULT}|clauses?|sections?|articles?|art|paragraphs?|paras?|chapters?|appendix|annex"
    "|tables?|figures?|fig|steps?|rules?|rooms?|forms?|models?|parts?|orders?|invoices?|tickets?"
    "|cases?|lines?|numbers?|no|nr|versions?|ports?|iso|din|rfc|type|pages?|items?|points?"
    "|artikel|abschnitt|absatz|ziffer|klausel|kapitel|seite|tabelle|raum|formular"
    "|article|clause|chapitre|articulo|clausula|seccion|articolo|sezione)"
)
# The number of a clause, also at the beginning of its line: "7 Notice", "| 404 | not found |".
MARKED_OR_FIRST: Final = re.compile(
    rf"(?:\b{MARKER}\b[.:]?|(?<!§)§+|#)\s*(?:n[or]\.?\s*)?(\d+(?:\.\d+)*)\b(?!\.?\d)"
    r"|^\W{0,4}(\d+(?:\.\d+)*)(?=[.)|]?\s{1,4}\W{0,8}[^\W\d_]{3})",
    re.MULTILINE,
)
