"""``explain``: each step from a raw value to what LinkedIn is told, and what LinkedIn was told."""

from __future__ import annotations

from collections.abc import Callable

from guestlist.app.context import App
from guestlist.app.overview import known
from guestlist.app.results import Explanation, Told
from guestlist.core import identity
from guestlist.core.identity import Identifier, IdType, Kind, Reason
from guestlist.core.text import masked, squeezed, unspaced
from guestlist.ports import Known, State
from guestlist.store.activations import Activation

_STATES = {
    State.NONE: "not told",
    State.IN: "in",
    State.OUT: "out",
    State.UNSURE: "unsure",
    State.NOT_TOLD: "not told",
}
PRIMARY = "primaryId:"
BY_NAMES = (
    "A row that holds it, has no other usable identifier and has a first and a last name is told by these names "
    "instead, which leave in clear."
)
_FIELDS = {
    IdType.NAMES: "firstName, lastName",
    IdType.ORGANIZATION_URN: "organizationUrn",
    IdType.COMPANY_PAGE_URL: "companyPageUrl",
    IdType.COMPANY_WEBSITE_DOMAIN: "companyWebsiteDomain",
    IdType.COMPANY_EMAIL_DOMAIN: "companyEmailDomain",
    IdType.COMPANY_NAME: "companyName",
    IdType.PRIMARY: "primaryId",
}


def _named(id_type: IdType) -> str:
    """LinkedIn's word for it: the idType of a person's identifier, else the field."""
    return _FIELDS.get(id_type, id_type.name)


def read_value(members: Kind, value: str) -> tuple[tuple[Identifier, ...], str]:
    """The identifiers a value may be known by, strongest first; or none and why."""
    if value.startswith(PRIMARY):
        found = identity.primary_id(value.removeprefix(PRIMARY))
        return ((found,), "") if found else ((), "primaryId: has no value")
    return _person(value) if members is Kind.PEOPLE else _company(value)


def _person(value: str) -> tuple[tuple[Identifier, ...], str]:
    digests = identity.email_digests(value)
    if digests:
        return digests, ""
    device = identity.google_advertising_id(value)
    if isinstance(device, Identifier):
        return (device,), ""
    return (), str(identity.email(value) or "it is empty")


def _company(value: str) -> tuple[tuple[Identifier, ...], str]:
    readers: tuple[Callable[[str], identity.Result], ...] = (
        identity.organization_urn,
        identity.company_page_url,
        identity.company_website_domain,
        identity.company_email_domain,
        identity.company_name,
    )
    read = [reader(value) for reader in readers]
    found = tuple(dict.fromkeys(each for each in read if isinstance(each, Identifier)))
    reason = next((each for each in read if isinstance(each, Reason)), "it is empty")
    return found, "" if found else str(reason)


def explain(app: App, name: str, value: str, *, show: bool = False) -> Explanation:
    """From raw to digest, masked unless ``show``; with what the activation's ledger says."""
    activation = known(app, name)
    identifiers, reason = read_value(activation.members, value)
    steps = _steps(activation.members, value, identifiers, show=show)
    if not identifiers:
        return Explanation(name, steps, reason=reason, instead=_instead(activation, value))
    _, parts = app.store.ledgers.parts(activation.ledger_id)
    found = app.planner.find(parts, ids=[each.key16 for each in identifiers])
    owners = {each.owner16 for each in found}
    together = app.planner.find(parts, owners=list(owners)) if owners else []
    texts = app.store.reasons.texts()
    told = {each.id16: each for each in [*found, *together]}
    return Explanation(
        name,
        steps,
        _named(identifiers[0].type),
        identifiers[0].text,
        told=tuple(_told(each, texts) for each in told.values() if each.id_type is not IdType.PRIMARY),
        forgotten=app.store.suppressions.holds([each.key16 for each in identifiers]),
    )


def _instead(activation: Activation, value: str) -> str:
    """Names are the identifier of last resort, where the mapping has both."""
    by_names = {"firstName", "lastName"} <= set(activation.mapping or ())
    return BY_NAMES if by_names and not value.startswith(PRIMARY) else ""


def _steps(
    members: Kind, value: str, identifiers: tuple[Identifier, ...], *, show: bool
) -> tuple[tuple[str, str], ...]:
    def seen(text: str) -> str:
        return text if show else masked(text)

    steps = [("as given", seen(value))]
    if members is Kind.PEOPLE and not value.startswith(PRIMARY):
        steps.append(("white space removed", seen(unspaced(value))))
        steps.append(("lower-cased", seen(unspaced(value).lower())))
    else:
        steps.append(("trimmed", seen(squeezed(value))))
    steps += [(_named(each.type), each.text if _public(each, show=show) else seen(each.text)) for each in identifiers]
    return tuple(steps)


def _public(identifier: Identifier, *, show: bool) -> bool:
    """Digests and company identifiers are nobody's secret here."""
    return show or identifier.type not in (IdType.PRIMARY, IdType.GOOGLE_AID)


def _told(row: Known, texts: dict[int, str]) -> Told:
    hidden = row.id_type in (IdType.NAMES, IdType.PRIMARY)
    digest = row.id_type in (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL)
    value = "(names)" if hidden else row.value.hex() if digest else row.value.decode(errors="replace")
    return Told(
        _named(row.id_type), value, _STATES[row.state], row.at or None, row.run or None, texts.get(row.refused, "")
    )
