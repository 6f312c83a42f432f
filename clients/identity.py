"""How a client, a contact's handle or a tax id is recognised whatever way it was typed. Pure functions, no database."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from hyperflow.core.fields import fold_email

#: Words at the end of a name that say what kind of company it is, not which.
_LEGAL_FORMS = frozenset(
    """
    ab ag as aps asa bv bvba co company corp corporation cv doo dba ead eg eirl eood ev gbr gesmbh ggmbh gmbh inc
    incorporated jsc kft kg kgaa kk lda limited llc llp lp ltd ltda mbh nv ohg ooo ood oy oyj partg plc pte pty pvt
    sa sapi sarl sas sasu sca scs se sia sl slu snc spa spol spzoo sro srl srls ug vof wll zoo zrt
    and et und y ооо оао зао пао ао
    """.split()
)
_LEADING = frozenset("the pt ooo ооо оао зао пао ао".split())
_LESSER_WORDS = frozenset("an and das der des die for fur für im in la le of or the und van von zu zur".split())

#: Mailboxes and pages that anybody may have: sharing one says nothing.
_PUBLIC_HOSTS = frozenset(
    """
    126.com 163.com aol.com bluewin.ch btinternet.com comcast.net duck.com facebook.com fastmail.com free.fr
    freenet.de github.io gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com google.com hey.com hotmail.co.uk
    hotmail.com hotmail.de hotmail.fr icloud.com instagram.com laposte.net libero.it linkedin.com linktr.ee live.com
    live.de mac.com mail.com mail.de mail.ru mailbox.org me.com msn.com naver.com orange.fr outlook.com outlook.de
    pm.me posteo.de proton.me protonmail.com qq.com rediffmail.com seznam.cz sina.com sites.google.com t-online.de
    tiktok.com tuta.com twitter.com verizon.net wanadoo.fr web.de wp.pl x.com xing.com yahoo.co.in yahoo.co.jp
    yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.com yandex.ru youtube.com zoho.com
    """.split()
)

_DOTTED = re.compile(r"(?<!\w)\w(?:[./]\w)+(?!\w)")
_DIGITS = re.compile(r"\d+")
_LATIN_ACCENTS = re.compile("[\u0300-\u036f]")

#: From this likeness on, two names are suspected to be one. Below it, towns and years begin to look alike.
_ALIKE = 0.85
_WORDS_ALIKE = 0.7
_SHORTEST = 5


def words(text: str) -> list[str]:
    """The words of a name: one width, one case, no accents on Latin letters, no punctuation; ``e.V.`` is one word."""
    folded = _LATIN_ACCENTS.sub("", unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()))
    folded = _DOTTED.sub(lambda match: re.sub(r"[./]", "", match.group()), unicodedata.normalize("NFKC", folded))
    return re.findall(r"[^\W_]+", folded.replace("'", "").replace("’", ""))


def name_key(name: str) -> str:
    """What is left of a name without its legal form: ``"The ACME GmbH & Co. KG"`` is ``"acme"``."""
    kept = words(name)
    while len(kept) > 1 and kept[-1] in _LEGAL_FORMS:
        kept.pop()
    while len(kept) > 1 and kept[0] in _LEADING:
        kept.pop(0)
    return " ".join(kept)[:200]


def search_key(term: str) -> str:
    """How a searched term looks inside a `name_key`."""
    return " ".join(words(term))[:200]


def are_alike(one: str, other: str) -> bool:
    """Are two `name_key`s probably one name, typed differently?

    Numbers must be the same (``"studio 54"`` is not ``"studio 55"``), and so must, roughly, every word: towns make
    otherwise equal names different clients.
    """
    if one == other:
        return bool(one)
    if min(len(one), len(other)) < _SHORTEST or _DIGITS.findall(one) != _DIGITS.findall(other):
        return False
    if not _likeness_of_at_least(_ALIKE, one, other):
        return False
    mine, theirs = one.split(), other.split()
    return len(mine) != len(theirs) or all(
        a == b or _likeness_of_at_least(_WORDS_ALIKE, a, b) for a, b in zip(mine, theirs, strict=True)
    )


def _likeness_of_at_least(bound: float, one: str, other: str) -> bool:
    one, other = sorted((one, other))  # the matcher's answer depends on the order
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= bound and matcher.quick_ratio() >= bound and matcher.ratio() >= bound


def domains(*, website: str, email: str) -> list[str]:
    """The domains that are the client's own, the website's first. Public mail providers and networks are nobody's."""
    hosts = [_host(website), _host(email.rpartition("@")[2]) if "@" in email else ""]
    return list(dict.fromkeys(host for host in hosts if host and host not in _PUBLIC_HOSTS))


def _host(address: str) -> str:
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
        host = host.rstrip(".").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""
    is_name = "." in host and not host.replace(".", "").isdigit()
    return host.removeprefix("www.")[:253] if is_name else ""


def tax_key(tax_id: str) -> str:
    """A tax id without blanks, dots and dashes: ``"DE 123.456.789"`` is ``"DE123456789"``."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", tax_id)).upper()[:40]


def client_prefix(name: str) -> str:
    """A readable beginning for the keys of a client's tasks: its first telling word, in A to Z and 0 to 9."""
    parts = [part for part in map(_ascii, name_key(name).split()) if part]
    telling = [part for part in parts if part.casefold() not in _LESSER_WORDS] or parts
    prefix = ""
    for part in telling:
        prefix += part
        if len(prefix) >= 3:
            break
    return _key(prefix, "CLIENT")


def project_prefix(client: str, name: str) -> str:
    """The client's prefix and the initials of the project: ``ACME`` and "Website relaunch" give ``ACMEWR``."""
    telling = [part for part in map(_ascii, words(name)) if part and part.casefold() not in _LESSER_WORDS]
    return _key(client[:5] + "".join(part[0] for part in telling)[:3], "PROJECT")


def _ascii(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.replace("ø", "o").replace("ł", "l").replace("æ", "ae"))
    return re.sub(r"[^A-Z0-9]", "", plain.upper())


def _key(letters: str, otherwise: str) -> str:
    letters = letters if not letters or letters[0].isalpha() else f"C{letters}"
    return (letters or otherwise)[:8]


def handle(platform: str, text: str) -> str:
    """The one spelling of a handle: addresses folded, WhatsApp numbers as digits, no ``@`` before a name."""
    text = unicodedata.normalize("NFC", text).strip()
    if platform in {"gmail", "zoho"}:
        return fold_email(text)
    if platform == "whatsapp":
        return "".join(digit for digit in text if digit in "0123456789") or text
    return text.removeprefix("@")


def unique(texts: Iterable[str]) -> list[str]:
    """Texts without blanks around them, without empty and repeated ones, in their order."""
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))
