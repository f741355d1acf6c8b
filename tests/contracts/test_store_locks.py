from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

HOLDER = """
import sys
from guestlist.store import open_store
with open_store(sys.argv[1], sys.argv[2]) as store, store.lock("activation/newsletter") as held:
    print(held, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(store_url, store, tmp_path):
    """Another process that holds the lock until it reads a line."""
    command = [sys.executable, "-c", HOLDER, store_url, str(tmp_path / "home")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "True\n"
        yield process
        if process.poll() is None:
            process.kill()


def test_one_holds_a_lock_and_says_who(store, second):
    assert store.lock_holder("x") is None
    with store.lock("x") as held:
        assert held
        with second.lock("x", wait=False) as other:
            assert not other
        with second.lock("x", timeout=0.05) as other:
            assert not other
        with second.lock("y", wait=False) as other:
            assert other
        assert str(os.getpid()) in second.lock_holder("x")
    with second.lock("x", timeout=0.0) as other:
        assert other
    assert store.lock_holder("x") is None


def test_threads_of_one_process_exclude_each_other(store):
    inside, worst, done = 0, 0, []

    def work() -> None:
        nonlocal inside, worst
        for _ in range(20):
            with store.lock("x"):
                inside += 1
                worst = max(worst, inside)
                inside -= 1
        done.append(True)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (worst, len(done)) == (1, 3)


def test_a_killed_holder_is_taken_over_at_once(store, holder):
    with store.lock("activation/newsletter", wait=False) as held:
        assert not held
    assert str(holder.pid) in store.lock_holder("activation/newsletter")
    holder.kill()
    holder.wait()
    with store.lock("activation/newsletter", timeout=10) as held:
        assert held


def test_a_stopped_holder_keeps_its_lock(store, holder):
    holder.send_signal(signal.SIGSTOP)
    with store.lock("activation/newsletter", timeout=0.1) as held:
        assert not held
    assert str(holder.pid) in store.lock_holder("activation/newsletter")
    holder.send_signal(signal.SIGCONT)
    holder.stdin.write("\n")
    holder.stdin.flush()
    with store.lock("activation/newsletter") as held:
        assert held


def test_a_lock_is_not_a_transaction(store, second):
    with store.lock("x"):
        second.meta.set("colour", "blue")
    with store.transaction(), pytest.raises(RuntimeError, match="never inside"):
        store.lock("x")


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_keep_the_lock(store, second):
    with store.lock("x"):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)
    with second.lock("x", timeout=10) as held:
        assert held
    os.close(writer)
    os.waitpid(child, 0)
    os.close(reader)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_has_connections_of_its_own(store):
    store.meta.set("colour", "blue")
    child = os.fork()
    if child == 0:
        store.meta.set("colour", "red")
        os._exit(0 if store.meta.get("colour") == "red" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.meta.get("colour") == "red"


def test_an_exception_frees_the_lock(store, second):
    with pytest.raises(ZeroDivisionError), store.lock("x"):
        1 / 0  # noqa: B018
    with second.lock("x", wait=False) as held:
        assert held


def test_a_lock_is_free_as_soon_as_it_was_let_go(store, second):
    for _ in range(20):
        with store.lock("x", wait=False) as held:
            assert held
        with second.lock("x", wait=False) as held:
            assert held


def test_names_may_be_long_and_odd(store):
    with store.lock("a/b ü" * 100) as one, store.lock("a/b ü" * 99) as other:
        assert one
        assert other
