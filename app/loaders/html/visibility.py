"""Which elements of a page its reader never sees, as their names and attributes tell."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from app.loaders.html.styles import Look

# fmt: off
NOT_TEXT: Final = frozenset({
    "annotation", "annotation-xml", "audio", "canvas", "datalist", "iframe", "meter", "mphantom",
    "nav", "noframes", "noscript", "object", "progress", "rp", "script", "template", "video",
})
# fmt: on
ALWAYS_SHOWN: Final = frozenset({"html", "head", "body", "main", "article", "title"})
NOT_TEXT_ROLES: Final = frozenset(
    {"navigation", "menu", "menubar", "search", "listbox", "tooltip", "toolbar", "scrollbar"}
)
# Names of classes and ids that the usual programs and frameworks give to what is no content.
FURNITURE: Final = re.compile(
    r"""(?:
    breadcrumbs?(?:-?(?:nav|list|trail|container|wrapper))? | pagination | pager | nav-?links
    | nav | navbar(?:-nav)? | (?:site|main|top|primary|secondary|page|doc|docs|side|global)[-_]?nav
    | navigation | (?:site|main|post|primary|page)[-_]navigation | (?:main|nav|site|top)[-_]?menu
    | dropdown-menu | mega-?menu | menu-toggle | navbar-toggler | hamburger
    | skip-?(?:link|links|nav|content|to-content|to-main|navigation)s?(?:[-_]link)?
    | (?:social|share)[-_]?(?:share|sharing|links?|icons?|media|buttons?|bar)? | sharedaddy
    | addthis\w* | addtoany\w* | a2a_kit | post-share | article-share
    | ads? | adsbygoogle | adverts? | advertisement | advertising
    | ad[-_](?:slot|container|banner|box|unit|wrapper) | google_ads\S*
    | sponsored(?:-links)? | banner-ad
    | mw-editsection | mw-jump-link | navbox | vertical-navbox | catlinks | printfooter
    | headerlink | anchorjs-link | anchor-link | hash-link | header-anchor | heading-anchor
    | mwe-math-fallback-image\S*
    )""",
    re.VERBOSE | re.IGNORECASE,
)
TABS: Final = re.compile(r"(?:nav-)?(?:tabs?|pills)|tab-?list", re.IGNORECASE)
# The programs that ask for consent, and what pages call their own such banner.
CONSENT: Final = re.compile(
    r"""(?:
    (?:\S*[-_])? (?:cookies?|gdpr|consent|ccpa|dsgvo|privacy) [-_]?
        (?:banner|notice|notification|bar|popup|pop-up|modal|dialog|overlay|consent|message
        |disclaimer|law|alert|manager|wall|settings|preferences|prompt|info|hinweis|warning
        |container|wrapper|root|layer|box|toast|policy-banner)\S*
    | (?:banner|notice|popup|modal|dialog|accept|eu) [-_]? cookies? \S*
    | cookieconsent\S* | cybot\S* | onetrust\S* | ot-sdk\S* | didomi\S* | qc-cmp\S*
    | usercentrics\S* | uc-banner\S* | cc-(?:window|banner|revoke)\S* | truste\S* | iubenda-cs\S*
    | klaro | cmplz\S* | cky-\S* | borlabs\S* | moove_gdpr\S* | osano-cm\S* | sp_message\S*
    | fc-consent\S* | termly\S* | hs-eu-cookie\S* | cmpbox\S* | cookiebot\S* | cookiefirst\S*
    )""",
    re.VERBOSE | re.IGNORECASE,
)
VISUALLY_HIDDEN: Final = re.compile(
    r"(?:\S*-)?(?:sr-only|visually-?hidden|screen-reader-(?:text|only)|show-for-sr|a-offscreen"
    r"|element-invisible|assistive-text|hidden-visually)",
    re.IGNORECASE,
)
# What is shown when its heading is pressed: the panels of accordions and tabs.
ON_DEMAND: Final = re.compile(
    r"(?:\S*[-_])?(?:accordion|collaps(?:e|ed|ible|ing)|tab-?(?:content|pane|panel)s?|panels?|faq"
    r"|answers?|expand(?:able|er)?|spoiler|toggle-content|disclosure)(?:[-_]?\S*)?",
    re.IGNORECASE,
)
MENU: Final = re.compile(
    r"(?:\S*[-_])?(?:nav|menu|dropdown|search|lang|hamburger|share|copy)\S*", re.IGNORECASE
)
TOGGLES: Final = frozenset({"collapse", "tab", "pill"})
TOGGLING: Final = frozenset({"aria-controls", "data-toggle", "data-bs-toggle"})
# The attributes that tell whether an element is shown; most elements have none of them.
TELLING: Final = TOGGLING | {
    "aria-hidden", "class", "hidden", "id", "open", "popover", "role", "selected", "style",
}  # fmt: skip
MAX_NAME_CHARS: Final = 500  # of all classes of an element: longer ones are no names
PAGE_IDS: Final = frozenset(
    {"root", "app", "__next", "__nuxt", "page", "content", "wrapper", "main"}
)


class Visibility:
    """Knows the panels whose buttons came before them."""

    def __init__(self) -> None:
        self._panels: set[str] = set()

    def is_shown(self, tag: str, attributes: Mapping[str, str], look: Look) -> bool:
        """Whether the reader of the page sees the element, at once or on demand."""
        if tag in ALWAYS_SHOWN:
            return True
        if tag in NOT_TEXT or TELLING.isdisjoint(attributes):
            return tag not in NOT_TEXT and tag not in {"dialog", "option"}
        if not TOGGLING.isdisjoint(attributes):
            self._note_panels(attributes)
        if _is_no_content(tag, attributes):
            return False
        if not _is_hidden(attributes, look):
            return True
        return self._is_on_demand(attributes)

    def _note_panels(self, attributes: Mapping[str, str]) -> None:
        toggle = attributes.get("data-bs-toggle", attributes.get("data-toggle"))
        if toggle in TOGGLES:
            for name in ("data-bs-target", "data-target", "href"):
                self._panels.add(attributes.get(name, "").lstrip("#"))
        if is_toggle(attributes):
            self._panels.update(attributes.get("aria-controls", "").split())

    def _is_on_demand(self, attributes: Mapping[str, str]) -> bool:
        role = attributes.get("role")
        return (
            role == "tabpanel"
            or (role == "region" and "aria-labelledby" in attributes)
            or (attributes.get("id") or None) in self._panels
            or any_name(ON_DEMAND, _classes(attributes))
        )


def is_toggle(attributes: Mapping[str, str]) -> bool:
    """Whether an element is the heading of a panel that it shows: of an accordion or of tabs."""
    controlled = f"{attributes.get('class', '')} {attributes.get('aria-controls', '')}"
    controlled = controlled[:MAX_NAME_CHARS]
    if "aria-haspopup" in attributes or any_name(MENU, controlled):
        return False
    toggle = attributes.get("data-bs-toggle", attributes.get("data-toggle"))
    return (
        "aria-expanded" in attributes
        or "aria-controls" in attributes
        or attributes.get("role") == "tab"
        or toggle in TOGGLES
        or any_name(ON_DEMAND, _classes(attributes))
    )


def is_visually_hidden(attributes: Mapping[str, str]) -> bool:
    """Whether an element is for those only who listen to the page."""
    return any_name(VISUALLY_HIDDEN, _classes(attributes))


@lru_cache(maxsize=4096)
def any_name(pattern: re.Pattern[str], names: str) -> bool:
    """Whether the pattern is one of the names in an attribute `class` or `id`."""
    return any(pattern.fullmatch(name) for name in names.split())


def _classes(attributes: Mapping[str, str]) -> str:
    return attributes.get("class", "")[:MAX_NAME_CHARS]


def _is_no_content(tag: str, attributes: Mapping[str, str]) -> bool:
    if tag == "option":
        return "selected" not in attributes
    if tag == "dialog" and "open" not in attributes:
        return True
    if "popover" in attributes or attributes.get("role") in NOT_TEXT_ROLES:
        return True
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"[:MAX_NAME_CHARS]
    if names == " " or "mathml" in names.lower():
        return False
    return any_name(CONSENT, names) or (any_name(FURNITURE, names) and not any_name(TABS, names))


def _is_hidden(attributes: Mapping[str, str], look: Look) -> bool:
    if attributes.get("id") in PAGE_IDS or "mathml" in attributes.get("class", "").lower():
        return False  # the page behind a dialog; formulas for those who listen, in place of glyphs
    return bool(
        attributes.get("hidden", "until-found").strip().lower() != "until-found"
        or attributes.get("aria-hidden", "").strip().lower() == "true"
        or look.hides
    )
