"""Identifiers as the emulator keeps them: small keys for people and companies."""

from collections.abc import Sequence

import msgspec

Key = bytes | str
DIGESTS = {"SHA256_EMAIL": 64, "SHA512_EMAIL": 128}
NAME = "NAME"
NO_DIGEST = tuple(f"{kind}:" for kind in DIGESTS)
COMPANY_FIELDS = ("organizationUrn", "companyWebsiteDomain", "companyEmailDomain", "companyPageUrl")


def folded_key_of(id_type: str, id_value: str) -> Key:
    """The same where the case of a digest does not matter."""
    return key_of(id_type, id_value.lower() if id_type in DIGESTS else id_value)


def key_of(id_type: str, id_value: str) -> Key:
    """The key of one `{idType, idValue}`.

    A well-formed lower-case digest is kept as its bytes, anything else as text. LinkedIn does not check the content
    of `idValue`; an odd value is accepted and is nobody.
    """
    if len(id_value) == DIGESTS.get(id_type):
        try:
            key = bytes.fromhex(id_value)
        except ValueError:
            pass
        else:
            if key.hex() == id_value:
                return key
    return f"{id_type}:{id_value}"


def name_key(first: str, last: str, rest: Sequence[str]) -> Key:
    """The key of a person told by name alone; `rest` is title, company and country, as given, or nothing."""
    return f"{NAME}:{msgspec.json.encode((first, last, *rest)).decode()}"


def shown(key: Key) -> str:
    """A key as the control plane prints it: `SHA256_EMAIL:ab12…`, `NAME:[…]`, `companyWebsiteDomain:acme.com`."""
    if isinstance(key, str):
        return key
    return f"{'SHA256_EMAIL' if len(key) == 32 else 'SHA512_EMAIL'}:{key.hex()}"


def read(text: str) -> Key:
    """The key behind its printed form; a bare digest is taken for an e-mail's SHA-256 or SHA-512."""
    kind, separator, value = text.partition(":")
    if not separator:
        kind, value = ("SHA512_EMAIL" if len(text) == 128 else "SHA256_EMAIL"), text
    return key_of(kind, value) if kind in DIGESTS else text


def is_plausible(key: Key, *, any_form: bool) -> bool:
    """Whether LinkedIn could know anybody by it: no digest that is none, no domain or page in another form."""
    if isinstance(key, bytes):
        return True
    if key.startswith("company"):
        return any_form or _is_plausible_company(key)
    return not key.startswith(NO_DIGEST)


def _is_plausible_company(key: str) -> bool:
    kind, _, value = key.partition(":")
    if kind == "companyPageUrl":
        return "linkedin.com/" in value
    return kind == "companyName" or not any(mark in value for mark in "/:@ ")
