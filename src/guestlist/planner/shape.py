"""The one shape that rows of every list take before they are compared: identifiers by slot, traits, a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guestlist.core.identity import Kind, Reason
from guestlist.planner import sql
from guestlist.ports import PlanRequest

ACCEPTED, EXCLUDED, SLOW, FILTERED = 0, 253, 254, 255  # verdicts; 1.. are REASONS in their order
REASONS = tuple(Reason)
REJECTED = f"BETWEEN 1 AND {len(REASONS)}"
KEPT_OUT_NOTE = "left out: taken out by a remove_only activation whose list still names them"
PEOPLE_TRAITS = ("firstName", "lastName", "title", "company", "country")
COMPANY_TRAITS = ("companyName", "stockSymbol", "industries", "city", "state", "country", "postalCode")

_COMPANY_IDS = ("organizationUrn", "companyPageUrl", "companyWebsiteDomain", "companyEmailDomain")
_DERIVED = 2  # a company's e-mail domain and URN may follow from its other identifiers


@dataclass(frozen=True)
class Shape:
    """Columns of a normalised row: ``row``, ``key`` (the primaryId, masked), ``verdict``, ``notes`` (bits of REASONS),
    ``t1 i1 v1`` .. (type, key, value; the strongest first, gaps allowed), ``ip`` (key of the primaryId), then the
    traits by LinkedIn's names.
    """

    kind: Kind
    slots: int
    primary: bool
    traits: tuple[str, ...]

    @property
    def numbers(self) -> range:
        """The slots, from 1."""
        return range(1, self.slots + 1)

    @property
    def ids(self) -> tuple[str, ...]:
        """The columns that hold keys of identifiers."""
        return tuple(f"i{k}" for k in self.numbers)

    @property
    def strongest(self) -> str:
        """The key of a row's strongest identifier."""
        return f"coalesce({', '.join(self.ids)}, NULL)"

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, quoted."""
        slots = [f"{c}{k}" for k in self.numbers for c in "tiv"]
        return ("row", "key", "verdict", "notes", *slots, "ip", *(sql.name(trait) for trait in self.traits))


def shape_of(request: PlanRequest) -> Shape:
    """How many identifiers a row of this list can have, and which traits its kind has."""
    count = {field: len(sources) for field, sources in request.mapping.items()}
    primary = "primaryId" in request.mapping
    if request.members is Kind.PEOPLE:
        slots = count.get("email", 0) + count.get("googleAdvertisingId", 0)
        return Shape(Kind.PEOPLE, max(slots, 1), primary, PEOPLE_TRAITS)
    slots = sum(count.get(field, 0) for field in _COMPANY_IDS) + _DERIVED
    return Shape(Kind.COMPANIES, slots, primary, COMPANY_TRAITS)


def source_columns(request: PlanRequest) -> tuple[str, ...]:
    """The columns of the list that are mapped, each once; ``c1`` is the first."""
    return tuple(dict.fromkeys(source for sources in request.mapping.values() for source in sources))


def cells_of(request: PlanRequest, field: str) -> list[str]:
    """Where the values of a LinkedIn field stand, in the order of the mapping."""
    columns = source_columns(request)
    return [f"c{columns.index(source) + 1}" for source in request.mapping.get(field, ())]


def trait_type(trait: str) -> str:
    """Text, but for a list of industries."""
    return "VARCHAR[]" if trait == "industries" else "VARCHAR"


def print_of(traits: Sequence[str]) -> str:
    """The print of a row's traits: the more of them, the smaller; then DuckDB's hash."""
    names = [sql.name(trait) for trait in traits]
    missing = " + ".join(f"({name} IS NULL)::UBIGINT" for name in names)
    return f"((({missing}) << 60) | (hash({', '.join(names)}) >> 4))"


def print_of_nothing(traits: Sequence[str]) -> str:
    """The print of an element that has no traits at all."""
    nulls = ", ".join(f"NULL::{trait_type(trait)}" for trait in traits)
    return f"((({len(traits)}::UBIGINT) << 60) | (hash({nulls}) >> 4))"


def fingerprint(ids: Sequence[str], traits: str = "th") -> str:
    """The print of the traits and of every identifier that is there."""
    for key in ids:
        traits = f"xor({traits}, CASE WHEN {key} IS NULL THEN 0::UBIGINT ELSE hash({key}) END)"
    return traits


def code(reason: Reason) -> int:
    """The verdict of a row that is rejected for this reason."""
    return REASONS.index(reason) + 1
