import re
from pathlib import Path

import linkedin_emulator
from linkedin_emulator.behaviours import CERTAINTIES, behaviours
from linkedin_emulator.config import CONDITIONS, FIELDS, Config, changed, choices, other_readings
from linkedin_emulator.coverage_page import rendered
from linkedin_emulator.meanings import MEANINGS

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "emulator.md"
ALL = [one for area in behaviours().values() for one in area]


def test_the_page_is_what_the_tables_say() -> None:
    command = "python -m linkedin_emulator.coverage_page docs/emulator.md"
    assert PAGE.read_text() == rendered(), f"write it anew: {command}"


def test_every_named_test_exists() -> None:
    for one in ALL:
        module, name = one.test.split("::")
        assert re.search(rf"^def {name}\(", (HERE / f"{module}.py").read_text(), re.MULTILINE), one.test


def test_every_switch_has_a_meaning_and_every_named_switch_exists() -> None:
    assert list(MEANINGS) == list(FIELDS)
    assert {switch for one in ALL for switch in one.switches} <= FIELDS.keys()
    assert {one.certainty for one in ALL} <= CERTAINTIES.keys()


def test_every_guess_can_be_turned_round() -> None:
    assert [one.text for one in ALL if one.certainty == "guess" and not one.switches] == []


def test_every_switch_is_turned_in_a_test() -> None:
    tests = "".join(source.read_text() for source in HERE.glob("test_*.py"))
    unturned = [name for name in FIELDS if not re.search(rf"\b{name}=|[\"']{name}[\"']", tests)]
    assert unturned == []


def test_every_other_reading_can_be_chosen() -> None:
    readings = list(other_readings())
    assert {"removal": "member"} in readings
    assert {"retry_after": True} in readings
    assert {"audiences_program": False} not in readings
    assert all(changed(Config(), condition) != Config() for condition in CONDITIONS)
    assert all(changed(Config(), reading) != Config() for reading in readings)
    assert choices("ripening") == ["seconds", "immediately", "reads", "stay", "fail"]
    assert choices("match_fraction") == []


def test_the_emulator_knows_nothing_of_guestlist() -> None:
    package = Path(linkedin_emulator.__file__).parent
    for source in package.rglob("*.py"):
        assert not re.search(r"^\s*(from|import) guestlist", source.read_text(), re.MULTILINE), source


def test_no_file_is_long() -> None:
    package = Path(linkedin_emulator.__file__).parent
    assert max(len(source.read_text().splitlines()) for source in package.rglob("*.py")) <= 400
