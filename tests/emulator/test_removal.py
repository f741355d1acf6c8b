from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from linkedin_emulator.audience import Audience
from linkedin_emulator.directory import Directory, Known
from linkedin_emulator.emulator import Emulator
from tests.emulator.kit import LinkedIn, digest, shown, user

ADA = {"id": "ada", "identifiers": [digest("ada@work"), digest("ada@home")]}


def both(action: str = "ADD") -> dict[str, Any]:
    element = user("ada@work", action)
    element["userIds"] += user("ada@home")["userIds"]
    return element


def seeded(emulator: Emulator, reading: str) -> None:
    emulator.control.config(removal=reading, match_fraction=0)
    emulator.control.seed({"directory": [ADA]})


def test_under_identifiers_a_removal_takes_out_what_it_names(linkedin_api: LinkedIn) -> None:
    seeded(linkedin_api.emulator, "identifier")
    number = linkedin_api.segment()
    linkedin_api.tell(number, both())
    linkedin_api.tell(number, user("ada@work", "REMOVE"))
    assert linkedin_api.inside(number) == [shown("ada@home")]
    assert "members" not in linkedin_api.emulator.control.segment(number)


def test_under_members_a_removal_takes_out_whom_it_finds(linkedin_api: LinkedIn) -> None:
    seeded(linkedin_api.emulator, "member")
    number = linkedin_api.segment()
    linkedin_api.tell(number, both())
    assert linkedin_api.members(number) == ["ada"]
    linkedin_api.tell(number, user("ada@work", "REMOVE"))
    assert linkedin_api.members(number) == []
    assert linkedin_api.inside(number) == [shown("ada@home")], "what was told and not taken back stays on record"


def test_under_members_an_addition_brings_back_whoever_it_finds(linkedin_api: LinkedIn) -> None:
    seeded(linkedin_api.emulator, "member")
    number = linkedin_api.segment()
    linkedin_api.tell(number, both(), user("ada@work", "REMOVE"), user("ada@home"))
    assert linkedin_api.members(number) == ["ada"]


def test_under_members_an_element_may_find_several(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(removal="member", match_fraction=1)
    number = linkedin_api.segment()
    linkedin_api.tell(number, both())
    assert len(linkedin_api.members(number)) == 2
    linkedin_api.tell(number, both("REMOVE"))
    assert linkedin_api.members(number) == []


def test_nobody_is_found_by_an_unknown_identifier(linkedin_api: LinkedIn) -> None:
    seeded(linkedin_api.emulator, "member")
    number = linkedin_api.segment()
    linkedin_api.tell(number, user("stranger"), user("ada@home"), user("stranger", "REMOVE"))
    assert linkedin_api.members(number) == ["ada"]


def test_the_reading_may_be_changed_on_the_way(linkedin_api: LinkedIn) -> None:
    seeded(linkedin_api.emulator, "identifier")
    number = linkedin_api.segment()
    linkedin_api.tell(number, user("ada@work"), user("stranger"))
    linkedin_api.emulator.control.config(removal="member")
    assert linkedin_api.members(number) == ["ada"]
    linkedin_api.emulator.control.config(removal="identifier")
    assert linkedin_api.inside(number) == sorted([shown("ada@work"), shown("stranger")])


def test_synthetic_members_have_one_identifier(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(removal="member", match_fraction=1)
    number = linkedin_api.segment()
    linkedin_api.tell(number, user("x"))
    assert linkedin_api.members(number) == [f"synthetic:{shown('x')}"]


KEYS = [bytes([n]) * 32 for n in range(8)]
PEOPLE = {"ada": KEYS[:2], "bob": KEYS[2:4], "cyd": KEYS[4:6]}
TELLINGS = st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True)))


@given(TELLINGS)
def test_both_readings_are_what_they_say(tellings: list[tuple[bool, list[bytes]]]) -> None:
    directory = Directory(0)
    for name, keys in PEOPLE.items():
        directory.seed(Known(name), keys)
    by_identifier, by_member = (Audience(directory, companies=False, by_member=reading) for reading in (False, True))
    told: set[bytes] = set()
    members: set[str] = set()
    for adds, keys in tellings:
        found = {name for name, known in PEOPLE.items() if set(known) & set(keys)}
        told = told | set(keys) if adds else told - set(keys)
        members = members | found if adds else members - found
    for audience in (by_identifier, by_member):
        audience.apply(tellings, 0)
        assert audience.told.keys() == told
    assert {member.id for member in by_member.members if isinstance(member, Known)} == members
