"""What somebody wrote for a web site or an e-mail address -> the bare domain LinkedIn matches."""

from __future__ import annotations

import re

import idna

from guestlist.core.shared_hosts import SHARED_HOSTS
from guestlist.core.text import squeezed

_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//|^mailto:")
_AFTER_HOST = re.compile(r"[/?#\\].*", re.DOTALL)
_PORT = re.compile(r":[0-9]*$")
_ASCII_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def domain(raw: str) -> str | None:
    """The domain in ``raw``: ASCII, lower case, at least two labels; None when there is none.

    Removed: scheme, user and password (so an e-mail address gives what follows its @), port, ``www.``, path, query,
    trailing dots. Names in other alphabets become punycode by IDNA 2008 (UTS 46, non-transitional): ``straße.de`` is
    another company than ``strasse.de``. IP addresses and single labels are no domains.
    """
    host = _SCHEME.sub("", squeezed(raw).lower())
    host = _PORT.sub("", _AFTER_HOST.sub("", host).rpartition("@")[2])
    try:
        host = idna.encode(host, uts46=True, std3_rules=True).decode("ascii").rstrip(".")
    except UnicodeError:  # idna.IDNAError is one
        return None
    while host.startswith("www.") and host.count(".") > 1:
        host = host[4:]
    if len(host) > 253 or not _ASCII_HOST.fullmatch(host) or host.rpartition(".")[2].isdigit():
        return None
    return host


def is_shared(host: str) -> bool:
    """Whether ``host`` (as ``domain`` returns it) or a parent of it belongs to everybody: a mail provider, a social
    network, a site builder. It would match the provider's employees, or nobody.
    """
    labels = host.split(".")
    return any(".".join(labels[i:]) in SHARED_HOSTS for i in range(len(labels) - 1))
