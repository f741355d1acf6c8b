"""Files in an object store: the same line, with ledgers and changes on an S3 stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkedin_emulator.running import RunningEmulator
from tests.e2e.site import Site
from tests.store.test_objects import data_url, endpoint
from tests.world import digest

__all__ = ["data_url", "endpoint"]
PEOPLE = 5_200  # more than stays in SQL


@pytest.mark.slow
def test_a_list_is_kept_in_step_with_its_files_in_a_bucket(
    tmp_path: Path, linkedin: RunningEmulator, data_url: str
) -> None:
    linkedin.emulator.control.config(segment_visible_after=0.0)
    site = Site(tmp_path, linkedin, extra={"GUESTLIST_DATA_URL": data_url})
    rows = [{"email": f"p{number}@example.com"} for number in range(PEOPLE)]
    site.write(rows)
    site.connect()
    (first,) = site.json("sync")
    assert first["added"] == PEOPLE
    site.write(rows[10:])
    (second,) = site.json("sync")
    assert (second["removed"], second["unchanged"]) == (10, PEOPLE - 10)
    assert site.told() == {digest(row["email"]) for row in rows[10:]}
    assert not list((tmp_path / "home" / "data").glob("**/*.parquet"))
