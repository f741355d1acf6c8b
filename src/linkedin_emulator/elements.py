"""The elements of /users and /companies: their schemas and the identifiers in them."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from linkedin_emulator.config import Config
from linkedin_emulator.identifiers import COMPANY_FIELDS, DIGESTS, Key, key_of, name_key
from linkedin_emulator.schema import Field

ID_TYPES = ("SHA256_EMAIL", "SHA512_EMAIL", "GOOGLE_AID", "APPLE_IDFA")
ACTIONS = ("ADD", "REMOVE")
To35 = Annotated[str, msgspec.Meta(max_length=35)]
To50 = Annotated[str, msgspec.Meta(max_length=50)]


class UserId(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One identifier of a person."""

    idType: Literal["SHA256_EMAIL", "SHA512_EMAIL", "GOOGLE_AID", "APPLE_IDFA"]  # noqa: N815
    idValue: str  # noqa: N815


class User(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One element of /users."""

    action: Literal["ADD", "REMOVE"]
    userIds: list[UserId] | None = None  # noqa: N815
    firstName: To35 | None = None  # noqa: N815
    lastName: To35 | None = None  # noqa: N815
    title: To50 | None = None
    company: To50 | None = None
    country: str | None = None

    def keys(self, config: Config) -> Sequence[Key]:
        """Its identifiers; without any, both names identify the tuple as given; else nothing does."""
        ids = self.userIds
        if ids:
            if len(ids) == 1:
                one = ids[0]
                return (key_of(one.idType, one.idValue),)
            return tuple(dict.fromkeys(key_of(one.idType, one.idValue) for one in ids))
        if self.firstName and self.lastName:
            rest = (self.title or "", self.company or "", self.country or "")
            return (name_key((self.firstName, self.lastName, *rest)),)
        return ()

    def complaint(self, config: Config) -> str | None:
        """What is wrong beyond the schema."""
        if not config.strict_id_values:
            return None
        for position, one in enumerate(self.userIds or ()):
            if one.idType in DIGESTS and isinstance(key_of(one.idType, one.idValue), str):
                return f"ERROR :: /userIds/{position}/idValue :: is not a {one.idType} digest\n"
        return None


class Company(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One element of /companies."""

    action: Literal["ADD", "REMOVE"]
    companyName: str | None = None  # noqa: N815
    organizationUrn: Annotated[str, msgspec.Meta(pattern=r"^urn:li:organization:[^:\s]+$")] | None = None  # noqa: N815
    companyWebsiteDomain: str | None = None  # noqa: N815
    companyEmailDomain: str | None = None  # noqa: N815
    companyPageUrl: Annotated[str, msgspec.Meta(max_length=100)] | None = None  # noqa: N815
    stockSymbol: Annotated[str, msgspec.Meta(max_length=5)] | None = None  # noqa: N815
    industries: Annotated[list[To50], msgspec.Meta(max_length=3)] | None = None
    city: To50 | None = None
    state: To50 | None = None
    country: str | None = None
    postalCode: Annotated[str, msgspec.Meta(max_length=20)] | None = None  # noqa: N815

    def keys(self, config: Config) -> Sequence[Key]:
        """Its identifying fields; the company's name counts only when it stands alone (a guess)."""
        keys: list[Key] = []
        for name in COMPANY_FIELDS:
            value = getattr(self, name)
            if value:
                keys.append(f"{name}:{value}")
        if self.companyName and (not keys or config.company_name_identifies == "always"):
            keys.append(f"companyName:{self.companyName}")
        return keys

    def complaint(self, config: Config) -> str | None:
        """Nothing beyond the schema."""
        return None


def _text(name: str, longest: int | None = None, urn: str = "") -> Field:
    return Field(name, longest=longest, urn=urn)


ACTION = Field("action", required=True, symbols=ACTIONS)
USER_ID = Field(
    "", "record", fields=(Field("idType", required=True, symbols=ID_TYPES), Field("idValue", required=True))
)
USER_FIELDS = (
    ACTION,
    Field("userIds", "array", item=USER_ID),
    _text("firstName", 35),
    _text("lastName", 35),
    _text("title", 50),
    _text("company", 50),
    _text("country"),
)
COMPANY_SCHEMA = (
    ACTION,
    _text("companyName"),
    _text("organizationUrn", urn="organization"),
    _text("companyWebsiteDomain"),
    _text("companyEmailDomain"),
    _text("companyPageUrl", 100),
    _text("stockSymbol", 5),
    Field("industries", "array", longest=3, item=Field("", longest=50)),
    _text("city", 50),
    _text("state", 50),
    _text("country"),
    _text("postalCode", 20),
)


class _Users(msgspec.Struct):
    elements: list[User]


class _Companies(msgspec.Struct):
    elements: list[Company]


class Shape(msgspec.Struct, frozen=True):
    """How one of the two sub-resources reads its elements."""

    element: Any
    fields: Sequence[Field]
    batch: Any
    nobody: str


USERS = Shape(
    User, USER_FIELDS, msgspec.json.Decoder(_Users), "ERROR :: /userIds :: an identifier or both names are required\n"
)
COMPANIES = Shape(
    Company,
    COMPANY_SCHEMA,
    msgspec.json.Decoder(_Companies),
    "ERROR :: / :: at least one identifying field is required\n",
)
