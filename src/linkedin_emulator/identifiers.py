"""Identifiers as the emulator keeps them: small keys for people and companies."""

import msgspec

Key = bytes | str
DIGESTS = {"SHA256_EMAIL": 64, "SHA512_EMAIL": 128}
NAME = "NAME"
COMPANY_FIELDS = ("organizationUrn", "companyWebsiteDomain", "companyEmailDomain", "companyPageUrl")


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


def name_key(parts: tuple[str, str, str, str, str]) -> Key:
    """The key of a person told by name alone: first name, last name, title, company and country, as given."""
    return f"{NAME}:{msgspec.json.encode(parts).decode()}"


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


def is_plausible(key: Key) -> bool:
    """Whether LinkedIn could know anybody by it: a digest that is none can never match."""
    return isinstance(key, bytes) or not key.startswith(tuple(DIGESTS))
