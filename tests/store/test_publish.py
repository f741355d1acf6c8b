"""Files are durable before SQL names them, private, and never deleted under somebody."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from guestlist.core.identity import Kind
from guestlist.errors import StoreError
from guestlist.ports import Changes, Counts, Delta
from guestlist.store import open_store
from guestlist.store.runs import Planned

HOUR = 3600.0


def publish(store, content=b"parquet", *, run_id=None, seal=False, rows=7):
    file_id = store.files.reserve("ledgers", "test", run_id)
    with store.files.workspace("test") as folder:
        (folder / "new.parquet").write_bytes(content)
        store.files.publish(file_id, folder / "new.parquet", rows, seal=seal)
    return file_id


@pytest.fixture
def activation(store):
    return store.activations.create(
        "n", 1.0, destination="d", ad_account="a", audience="x", members=Kind.PEOPLE, mode="mirror", yaml_path="/x"
    )


def test_a_published_file_is_read_back_and_says_what_it_holds(store):
    file_id = publish(store)
    row = store.files.get(file_id)
    assert (row.state, row.rows, row.bytes) == ("live", 7, 7)
    assert store.files.open(file_id).read_bytes() == b"parquet"
    assert [file.id for file in store.files.live()] == [file_id]


def test_h1_bytes_then_name_then_folder_then_sql(store, monkeypatch):
    """The order of system calls, seen where Python makes them."""
    seen: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def noting_fsync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        seen.append(f"fsync {kind} while {store.files.get(file_id).state}")
        fsync(descriptor)

    def noting_rename(self: Path, target: Path) -> Path:
        seen.append("rename")
        return rename(self, target)

    publish(store)  # makes the folder
    file_id = store.files.reserve("ledgers", "test")
    with store.files.workspace("test") as folder:
        (folder / "new").write_bytes(b"x")
        monkeypatch.setattr(os, "fsync", noting_fsync)
        monkeypatch.setattr(Path, "rename", noting_rename)
        store.files.publish(file_id, folder / "new", 1)
    assert seen == ["fsync file while pending", "rename", "fsync folder while pending"]
    assert store.files.get(file_id).state == "live"


KILLED = """
import os, signal, sys
from pathlib import Path
from guestlist.store import open_store
from guestlist.store import places
store = open_store(None, sys.argv[1])
step = sys.argv[2]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
file_id = store.files.reserve("ledgers", "test")
workspace = store.files.workspace("test")
folder = workspace.__enter__()
(folder / "new").write_bytes(b"x" * 100)
if step == "before fsync":
    places.sync_file = die
elif step == "before rename":
    Path.rename = die
elif step == "before the folder":
    places.sync_folder = die
elif step == "before sql":
    store.files._database.write = die
store.files.publish(file_id, folder / "new", 1)
"""


@pytest.mark.parametrize("step", ["before fsync", "before rename", "before the folder", "before sql"])
def test_kill_9_between_any_two_steps_leaves_nothing_half_done(store, home, clock, step):
    (home / "data" / "ledgers").mkdir(mode=0o700)
    done = subprocess.run([sys.executable, "-c", KILLED, str(home), step], check=False)
    assert done.returncode == -signal.SIGKILL
    assert store.files.live() == []
    with pytest.raises(StoreError, match="never finished"):
        store.files.open(1)
    clock.time = store.files.get(1).created_at + 25 * HOUR
    assert store.collect() == 2  # the file and the workspace
    assert list((home / "data" / "ledgers").iterdir()) == list((home / "work").iterdir()) == []
    with pytest.raises(StoreError, match="not in the store"):
        store.files.get(1)


def test_dead_files_stay_an_hour_for_whoever_looked_them_up(store, clock):
    file_id = publish(store)
    path = store.files.open(file_id)
    store.files.retire(file_id)
    clock.time += HOUR - 1
    assert store.collect() == 0
    assert store.files.open(file_id) == path
    clock.time += 1
    assert store.collect() == 1
    assert not path.exists()


def test_h2_a_file_that_is_being_written_is_nobodys_garbage(store, activation, clock):
    run = store.runs.begin(activation.id, "sync", clock.now())
    file_id = store.files.reserve("changes", "run", run.id)
    with store.files.workspace("plan", run.id) as folder:
        (folder / "new").write_bytes(b"x")
        clock.time += 2 * HOUR
        assert store.collect() == 0
        store.files.publish(file_id, folder / "new", 1)
    assert store.files.get(file_id).state == "live"


def test_what_a_given_up_run_was_writing_is_collected_and_cannot_be_published(store, activation, clock, home):
    run = store.runs.begin(activation.id, "sync", clock.now())
    file_id = store.files.reserve("changes", "run", run.id)
    killed = store.files.workspace("plan", run.id)
    folder = killed.__enter__()
    (folder / "new").write_bytes(b"x")
    store.runs.sweep(activation.id, clock.now())
    assert store.collect() == 2
    assert not folder.exists()
    with pytest.raises(StoreError):
        store.files.publish(file_id, folder / "new", 1)


def test_a_file_whose_process_was_killed_before_it_could_name_it_is_collected(store, activation, clock):
    named, nameless = publish(store), publish(store)
    assert store.ledgers.append(activation.ledger_id, 0, Delta(7, 7, path="x"), named)
    clock.time += 24 * HOUR
    assert store.collect() == 0
    assert [store.files.get(each).state for each in (named, nameless)] == ["live", "dead"]
    clock.time += HOUR
    assert store.collect() == 1
    assert [file.id for file in store.files.live()] == [named]


def test_collection_waits_for_a_backup(store, clock):
    store.files.retire(publish(store))
    clock.time += 2 * HOUR
    with store.lock("collect"):
        assert store.collect() == 0
    assert store.collect() == 1


def test_reserving_is_a_commit_of_its_own(store):
    with store.transaction():
        with pytest.raises(RuntimeError):
            store.files.reserve("changes", "x")
        with pytest.raises(RuntimeError), store.files.workspace("x"):
            pass


# ── sealed files ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("size", [0, 10, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_a_sealed_file_is_readable_only_while_it_is_open(store, size, home):
    content = b"jane doe! " * (size // 10) + b"x" * (size % 10)
    file_id = publish(store, content, seal=True)
    assert content == b"" or content[:100] not in store.files.open(file_id).read_bytes()
    with store.files.opened(file_id) as path:
        assert path.read_bytes() == content
        assert path.stat().st_mode & 0o777 == 0o600
    assert list((home / "work").iterdir()) == []
    store.rotate()
    with store.files.opened(file_id) as path:
        assert path.read_bytes() == content


@pytest.mark.parametrize("damage", ["flip", "swap"])
def test_a_sealed_file_that_was_tampered_with_does_not_open(store, damage):
    file_id = publish(store, os.urandom(3 << 20), seal=True)
    path, frame = store.files.open(file_id), (1 << 20) + 16
    sealed = bytearray(path.read_bytes())
    if damage == "flip":
        sealed[2 * frame + 5] ^= 1
    else:
        sealed[:frame], sealed[frame : 2 * frame] = sealed[frame : 2 * frame], sealed[:frame]
    path.write_bytes(sealed)
    with pytest.raises(StoreError, match="damaged"), store.files.opened(file_id):
        pass


def test_a_plain_file_is_opened_as_it_is(store):
    file_id = publish(store)
    with store.files.opened(file_id) as path:
        assert path == store.files.open(file_id)


# ── modes ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_everything_at_rest_is_private_whatever_the_umask(tmp_path, clock):
    before = os.umask(0)
    try:
        with open_store(None, tmp_path / "deep" / "home", clock=clock) as store:
            made = store.activations.create(
                "n", 1.0, destination="d", ad_account="a", audience="x", members=1, mode="mirror", yaml_path="/x"
            )
            run = store.runs.begin(made.id, "sync", 1.0)
            store.runs.commit(run.id, Planned(Counts(), Changes(0, 1, 0, data=b"x"), []))
            publish(store)
            publish(store, seal=True)
            store.backup(tmp_path / "deep" / "home" / "backup", "secret")
            with store.lock("a"), store.files.workspace("x"):
                found = {path: path.stat().st_mode & 0o777 for path in (tmp_path / "deep").rglob("*")}
                folders = {path for path in found if path.is_dir()}
    finally:
        os.umask(before)
    assert {path.name for path in found} >= {"guestlist.db", "guestlist.db-wal", "secret.key", "backup"}
    assert [path for path, mode in found.items() if mode != (0o700 if path in folders else 0o600)] == []
    assert (tmp_path / "deep").stat().st_mode & 0o777 == 0o700


def test_a_home_that_others_could_read_is_closed_and_that_is_said_once(tmp_path, clock, caplog):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    for _ in range(2):
        open_store(None, home, clock=clock).close()
        assert home.stat().st_mode & 0o777 == 0o700
    home.chmod(0o750)
    open_store(None, home, clock=clock).close()
    assert home.stat().st_mode & 0o777 == 0o700
    assert (
        caplog.messages
        == [f"{home} was open to other users of this machine; it is closed to them now (mode 0700)."] * 2
    )


def test_a_home_that_holds_other_things_is_left_as_it_is_and_that_is_said_once(tmp_path, clock, caplog):
    home = tmp_path / "shared"
    home.mkdir()
    home.chmod(0o755)
    (home / "somebody's").touch()
    for _ in range(2):
        open_store(None, home, clock=clock).close()
    assert home.stat().st_mode & 0o777 == 0o755
    (said,) = caplog.messages
    assert "holds more than Guestlist's files" in said
    assert all(path.stat().st_mode & 0o077 == 0 for path in home.iterdir() if path.name != "somebody's")


def test_a_home_that_somebody_else_has_to_close_is_used_and_that_is_said(tmp_path, clock, caplog, monkeypatch):
    home = tmp_path / "mounted"
    home.mkdir()
    home.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", _refusing(Path.chmod, home))
    open_store(None, home, clock=clock).close()
    (said,) = caplog.messages
    assert "belongs to somebody else" in said


def _refusing(chmod, folder):
    def changed(path, mode, **more):
        if path == folder:
            raise PermissionError
        chmod(path, mode, **more)

    return changed


def test_a_data_folder_on_another_file_system_is_copied_to_and_synced(tmp_path, clock, monkeypatch):
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    folder = shared / f"guestlist-test-{os.getpid()}"
    with open_store(None, tmp_path / "home", str(folder), clock=clock) as store:
        file_id = publish(store)
        path = store.files.open(file_id)
        assert path.is_relative_to(folder)
        assert [file.name for file in path.parent.iterdir()] == [path.name]
        store.files.retire(file_id)
        clock.time += 2 * HOUR
        store.collect()
    path.parent.rmdir()
    folder.rmdir()
