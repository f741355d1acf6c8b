"""The file and the pages as one configuration, read anew when either changed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from guestlist.configuration import Configuration
from guestlist.errors import ConfigError

FILE = "destinations: {acme: {ad_account: 1, description: the file's}}\n"


@dataclass
class Kept:
    parts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    reads: int = 0

    def all(self) -> list[Any]:
        self.reads += 1
        return [type("Part", (), {"kind": k, "name": n, "body": b}) for (k, n), b in self.parts.items()]

    def stamp(self) -> tuple[int, int]:
        return len(self.parts), sum(len(str(each)) for each in self.parts.values())


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_the_pages_take_the_place_of_the_file(tmp_path: Path, kept: Kept) -> None:
    file = tmp_path / "guestlist.yaml"
    file.write_text(FILE)
    configuration = Configuration(file, {}, kept)
    assert configuration.current().destinations["acme"].description == "the file's"
    kept.parts["destinations", "acme"] = {"ad_account": 1, "description": "the pages'"}
    config = configuration.current()
    assert config.destinations["acme"].description == "the pages'"
    assert config.origin("destinations", "acme") == "pages"
    assert configuration.of_file("destinations")["acme"]["description"] == "the file's"


def test_it_is_read_anew_only_when_something_changed(tmp_path: Path, kept: Kept) -> None:
    file = tmp_path / "guestlist.yaml"
    file.write_text(FILE)
    configuration = Configuration(file, {}, kept)
    first = configuration.current()
    assert configuration.current() is first
    assert kept.reads == 1
    file.write_text(FILE.replace("acme", "other"))
    os.utime(file, ns=(1, 1))
    assert set(configuration.current().destinations) == {"other"}
    file.write_text("colour: red")
    os.utime(file, ns=(2, 2))
    for _ in range(2):
        with pytest.raises(ConfigError, match="colour"):
            configuration.current()


def test_trying_changes_nothing(tmp_path: Path, kept: Kept) -> None:
    file = tmp_path / "guestlist.yaml"
    file.write_text(FILE)
    configuration = Configuration(file, {}, kept)
    assert set(configuration.tried({("destinations", "b"): {"ad_account": 2}}).destinations) == {"acme", "b"}
    with pytest.raises(ConfigError) as told:
        configuration.tried({("destinations", "b"): {"ad_account": "no"}})
    assert told.value.place == ("destinations", "b", "ad_account")
    assert "line" not in str(told.value)
    assert set(configuration.current().destinations) == {"acme"}


def test_where_there_is_nothing_yet(tmp_path: Path, kept: Kept) -> None:
    missing = tmp_path / "guestlist.yaml"
    for configuration in (Configuration(missing, {}, kept, may_be_missing=True), Configuration(None, {}, kept)):
        with pytest.raises(ConfigError):
            configuration.current()
        assert configuration.current_or_empty().destinations == {}
        assert configuration.tried({("destinations", "b"): {"ad_account": 2}}).destinations["b"].enabled
        assert configuration.of_file("destinations") == {}
    with pytest.raises(ConfigError, match="does not exist"):
        Configuration(missing, {}, kept).current_or_empty()
    kept.parts["destinations", "acme"] = {"ad_account": 1}
    assert set(Configuration(missing, {}, kept, may_be_missing=True).current().destinations) == {"acme"}
    with pytest.raises(ConfigError, match="does not exist"):
        Configuration(missing, {}, kept).current()
