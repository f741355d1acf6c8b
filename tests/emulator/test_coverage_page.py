import re
from pathlib import Path

import msgspec

import linkedin_emulator
from linkedin_emulator.behaviours import CERTAINTIES, behaviours
from linkedin_emulator.config import MEANINGS, Config
from linkedin_emulator.coverage_page import rendered

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
    switches = [field.name for field in msgspec.structs.fields(Config)]
    assert list(MEANINGS) == switches
    assert {one.switch for one in ALL if one.switch} <= set(switches)
    assert {one.certainty for one in ALL} <= CERTAINTIES.keys()


def test_the_emulator_knows_nothing_of_guestlist() -> None:
    package = Path(linkedin_emulator.__file__).parent
    for source in package.rglob("*.py"):
        assert not re.search(r"^\s*(from|import) guestlist", source.read_text(), re.MULTILINE), source


def test_no_file_is_long() -> None:
    package = Path(linkedin_emulator.__file__).parent
    assert max(len(source.read_text().splitlines()) for source in package.rglob("*.py")) <= 400
