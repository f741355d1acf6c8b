from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from guestlist.errors import ConfigError, StoreError
from guestlist.store import migrate, open_store, schema
from guestlist.store.database import Database
from guestlist.store.locks import FileLocks


@pytest.fixture
def database(database_url):
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def locks(tmp_path):
    (tmp_path / "locks").mkdir()
    return FileLocks(tmp_path / "locks")


def test_the_migrated_schema_is_that_of_the_models(database, locks):
    migrate.upgrade(database, locks)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_the_revisions_are_those_of_the_scripts(database):
    scripts = ScriptDirectory.from_config(migrate.alembic_config(database))
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == schema.REVISIONS


def test_numbers_are_never_given_twice(database, locks):
    migrate.upgrade(database, locks)
    insert = sa.insert(schema.reasons)
    with database.write() as connection:
        first = connection.execute(insert.values(code="a", text="")).inserted_primary_key[0]
        connection.execute(sa.delete(schema.reasons))
        assert connection.execute(insert.values(code="b", text="")).inserted_primary_key[0] == first + 1


def test_a_store_of_the_first_revision_is_brought_up_to_date_and_keeps_its_rows(database, locks):
    migrate.upgrade(database, locks, to=schema.REVISIONS[0])
    with database.write() as connection:
        connection.execute(sa.text("insert into meta (key, value) values ('colour', 'blue')"))
    migrate.upgrade(database, locks)
    assert migrate.revision(database) == migrate.HEAD
    with database.read() as connection:
        assert connection.execute(sa.text("select value from meta where key = 'colour'")).scalar() == "blue"


@pytest.mark.parametrize("change", ["update audit set who = 'nobody'", "delete from audit"])
def test_the_audit_log_only_grows_whoever_asks(database, locks, change):
    migrate.upgrade(database, locks)
    row = {"at": 1.0, "who": "ann", "what": "connect", "subject": "acme", "details": {}}
    with database.write() as connection:
        connection.execute(sa.insert(schema.audit).values(row))
    with pytest.raises(StoreError, match="audit only grows"), database.write() as connection:
        connection.execute(sa.text(change))
    with database.read() as connection:
        assert connection.execute(sa.select(schema.audit.c.who)).scalars().all() == ["ann"]


def test_no_entry_of_the_audit_log_is_replaced(database, locks):
    if not database.is_sqlite:
        pytest.skip("REPLACE is SQLite's")
    test_the_audit_log_only_grows_whoever_asks(
        database, locks, "replace into audit (id, at, who, what, subject, details) values (1, 2.0, 'eve', '', '', '{}')"
    )


def test_a_newer_store_is_refused_and_left_alone(database_url, database, locks, tmp_path):
    migrate.upgrade(database, locks)
    with database.write() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version of guestlist"):
        open_store(database_url, tmp_path / "home")
    with database.read() as connection:
        assert connection.execute(sa.text("select version_num from alembic_version")).scalar() == "9999"


def test_several_processes_may_make_the_store_together(database_url, tmp_path):
    code = "import sys; from guestlist.store import open_store; print(open_store(*sys.argv[1:]).store_id)"
    command = [sys.executable, "-c", code, database_url, str(tmp_path / "home")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    found = {process.communicate()[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(found) == 1


def test_opening_an_existing_store_does_not_import_alembic(home, store):
    code = "import sys, guestlist.store as s; s.open_store(None, sys.argv[1]).close(); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "not a url"])
def test_other_databases_are_refused(url, tmp_path):
    with pytest.raises(ConfigError):
        open_store(url, tmp_path / "home")


def test_other_places_for_data_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="s3://"):
        open_store(None, tmp_path / "home", "gs://bucket/prefix")


def test_a_server_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(StoreError) as raised:
        open_store(f"postgresql://nobody@/none?host={tmp_path}", tmp_path / "home")
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_a_database_is_one_sentence(tmp_path):
    (tmp_path / "facts.db").write_bytes(b"this is no database, and long enough to be noticed " * 50)
    with pytest.raises(StoreError) as raised:
        open_store(f"sqlite:///{tmp_path}/facts.db", tmp_path / "home")
    assert "\n" not in str(raised.value)


def test_sqlite_is_durable_and_waits_for_its_turn(store):
    with store.database.write() as connection:
        found = [connection.exec_driver_sql(f"pragma {name}").scalar() for name in ("journal_mode", "synchronous")]
        busy = connection.exec_driver_sql("pragma busy_timeout").scalar()
    assert (found, busy) == (["wal", 2], 30_000)
