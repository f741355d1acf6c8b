"""The elements of /users and /companies: their schemas and the identifiers in them."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from linkedin_emulator import schema
from linkedin_emulator.config import Config
from linkedin_emulator.identifiers import COMPANY_FIELDS, DIGESTS, Key, folded_key_of, key_of, name_key
from linkedin_emulator.schema import Field

ID_TYPES = ("SHA256_EMAIL", "SHA512_EMAIL", "GOOGLE_AID", "APPLE_IDFA")
ACTIONS = ("ADD", "REMOVE")
COUNTRY = re.compile(r"[A-Za-z]{2}")
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
            read = key_of if config.digest_case == "exact" else folded_key_of
            if len(ids) == 1:
                one = ids[0]
                return (read(one.idType, one.idValue),)
            keys = [read(one.idType, one.idValue) for one in ids]
            return keys if len(set(keys)) == len(keys) else list(dict.fromkeys(keys))
        if self.firstName and self.lastName:
            rest = (self.title or "", self.company or "", self.country or "")
            return (name_key(self.firstName, self.lastName, rest if config.name_identity == "all_fields" else ()),)
        return ()

    def complaint(self, config: Config) -> str | None:
        """What is wrong beyond the schema, when the switches ask for more than LinkedIn was ever seen to check."""
        longest = config.google_aid_limit
        for position, one in enumerate(self.userIds or ()):
            path = f"/userIds/{position}/idValue"
            if config.strict_id_values and one.idType in DIGESTS and isinstance(key_of(one.idType, one.idValue), str):
                return f"ERROR :: {path} :: is not a {one.idType} digest\n"
            if longest is not None and one.idType == "GOOGLE_AID" and len(one.idValue) > longest:
                return f'ERROR :: {path} :: length of "{one.idValue}" is out of range 0...{longest}\n'
        return country_complaint(config, self.country)


class Company(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One element of /companies."""

    action: Literal["ADD", "REMOVE"]
    companyName: str | None = None  # noqa: N815
    organizationUrn: Annotated[str, msgspec.Meta(pattern=r"^urn:li:organization:[0-9]+$")] | None = None  # noqa: N815
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
        """What is wrong beyond the schema, when the switches ask for it."""
        return country_complaint(config, self.country)


def country_complaint(config: Config, country: str | None) -> str | None:
    """A country is told by its two letters; whether LinkedIn looks is unknown."""
    if not config.strict_country or country is None or COUNTRY.fullmatch(country):
        return None
    return f'ERROR :: /country :: "{country}" is not an ISO 3166 country code\n'


def is_lenient(config: Config) -> bool:
    """Whether an element that fits its schema and names somebody is always taken."""
    return not (config.strict_id_values or config.strict_country or config.google_aid_limit is not None)


def _text(name: str, longest: int | None = None, urn: str = "") -> Field:
    return Field(name, longest=longest, urn=urn)


ACTION = Field("action", required=True, symbols=ACTIONS)


def _user_schema(id_types: Sequence[str]) -> tuple[Field, ...]:
    fields = (Field("idType", required=True, symbols=id_types), Field("idValue", required=True))
    return (
        ACTION,
        Field("userIds", "array", item=Field("", "record", fields=fields)),
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
    """How one of the two sub-resources reads its elements.

    `quick` decodes a batch in which every element fits the schema; it is left out where it would take too much.
    """

    element: Any
    fields: Sequence[Field]
    nobody: str
    quick: Any = None

    def problems(self, data: object) -> list[str]:
        """Everything that is wrong with one element; an element that decodes needs no closer look."""
        if self.quick is not None:
            try:
                msgspec.convert(data, self.element)
            except msgspec.ValidationError:
                pass
            else:
                return []
        return schema.problems(data, self.fields)


NOBODY = "ERROR :: /userIds :: an identifier or both names are required\n"
USERS = Shape(User, _user_schema(ID_TYPES), NOBODY, msgspec.json.Decoder(_Users))
USERS_WITHOUT_IDFA = Shape(User, _user_schema(ID_TYPES[:-1]), NOBODY)
COMPANIES = Shape(
    Company,
    COMPANY_SCHEMA,
    "ERROR :: / :: at least one identifying field is required\n",
    msgspec.json.Decoder(_Companies),
)


def users_of(config: Config) -> Shape:
    """People as the switches read them."""
    return USERS if config.apple_idfa == "accept" else USERS_WITHOUT_IDFA
