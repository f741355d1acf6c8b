"""One column, whatever a list is written in."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guestlist.errors import ConfigError, SourceError
from guestlist.planner.column import texts
from guestlist.sources.files import FileSource
from tests.clock import Clock


def read(folder: Path, name: str, column: str) -> list[str]:
    return list(texts(FileSource(name, folder, None, Clock()).open(), column))


def test_every_format_reads_alike(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,e mail\n1,a@x.org\n2,\n3," b@x.org"\n')
    (tmp_path / "a.jsonl").write_text('{"id":1,"e mail":"a@x.org"}\n{"id":2}\n{"id":3,"e mail":" b@x.org"}\n')
    pq.write_table(pa.table({"id": [1, 2, 3], "e mail": ["a@x.org", None, " b@x.org"]}), tmp_path / "a.parquet")
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        assert read(tmp_path, name, "e mail") == ["a@x.org", "", " b@x.org"], name
        assert read(tmp_path, name, "id") == ["1", "2", "3"], name


def test_a_column_that_is_not_there_and_a_list_that_breaks_off(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,email\n" + "1,a@x.org\n" * 300_000 + "2\n")
    with pytest.raises(ConfigError, match='no column "mail"'):
        read(tmp_path, "a.csv", "mail")
    with pytest.raises(SourceError, match="another number of fields"):
        read(tmp_path, "a.csv", "email")
