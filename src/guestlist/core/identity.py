"""Raw value -> Identifier or nothing: the one door through which every identifier is made."""

from __future__ import annotations

import hashlib
from enum import IntEnum


class Kind(IntEnum):
    """What an audience is made of; the number is stored."""

    PEOPLE = 1
    COMPANIES = 2


class IdType(IntEnum):
    """A type of identifier; the number is stored and is its strength (the smallest is the strongest)."""

    SHA256_EMAIL = 1
    SHA512_EMAIL = 2
    GOOGLE_AID = 3
    NAMES = 4  # first and last name (+ title, company, country): the whole tuple, value sealed
    ORGANIZATION_URN = 11
    COMPANY_PAGE_URL = 12
    COMPANY_WEBSITE_DOMAIN = 13
    COMPANY_EMAIL_DOMAIN = 14
    COMPANY_NAME = 15
    PRIMARY = 31  # the source's own key: ties elements together, never sent


def key16(id_type: IdType, value: bytes) -> bytes:
    """The 16 bytes by which an identifier is known in every table.

    ``value`` is the raw digest (32 or 64 bytes) of an e-mail, else the normalised text as UTF-8.
    For digests it is their first half or quarter, so that the rest is all that needs to be kept beside it.
    """
    if id_type in (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL):
        return value[:16]
    return hashlib.sha256(b"%d:%b" % (id_type, value)).digest()[:16]
