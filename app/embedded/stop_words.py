"""Words that a question asks with, and not about: those of English.

In other languages they count little, as most sentences hold them.
"""

from typing import Final

STOP_WORDS: Final = frozenset("""
    a about after all also am an and any are as at be because been before being between both but by
    can could did do does doing during each few for from had has have having he her here him his how
    i if in into is it its just let may me might more most must my no not of off on once only or
    other our out over own please same shall she should so some still such than that the their them
    then there these they this those through to too under until up us very was we were what when
    where which while who whom whose why will with would you your
    become becomes get gets got happen happens know last like long look make makes many mean means
    much often say says tell use used using
    """.split())  # noqa: SIM905 - a list of so many words would be as many lines
