from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guestlist.core.identity import Kind
from guestlist.ports import Changes, Counts
from guestlist.store import Store, migrate, open_store
from guestlist.store.activations import Activation
from guestlist.store.batches import Piece
from guestlist.store.database import Database
from guestlist.store.runs import Planned, Run
from guestlist.store.store import home_folder, open_locks
from tests.clock import EARLY, Clock
from tests.postgres import Server, database_url, postgres_server

__all__ = ["database_url", "postgres_server"]


@pytest.fixture
def clock() -> Clock:
    return Clock(EARLY)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty schema, since making it takes longer than most tests."""
    file = tmp_path_factory.mktemp("template") / "empty.db"
    _make_schema(f"sqlite:///{file}", file.parent)
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    name = postgres_server.create()
    _make_schema(postgres_server.url(name), tmp_path_factory.mktemp("template"))
    return name


def _make_schema(url: str, home: Path) -> None:
    database = Database(url)
    migrate.upgrade(database, open_locks(database, home_folder(home)))
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """As ``database_url``, the schema made already."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "store.db")
        yield f"sqlite:///{tmp_path}/store.db"
        return
    server: Server = request.getfixturevalue("postgres_server")
    name = server.create(request.getfixturevalue("postgres_template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def store(store_url: str, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with open_store(store_url, tmp_path / "home", clock=clock) as opened:
        yield opened


@pytest.fixture
def second(store_url: str, store: Store, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """Another process's view of the same store."""
    with open_store(store_url, tmp_path / "home", clock=clock) as opened:
        yield opened


@pytest.fixture
def activate(store: Store, clock: Clock) -> Callable[..., Activation]:
    def make(name: str = "newsletter", members: Kind = Kind.PEOPLE, segment_of: int | None = None) -> Activation:
        return store.activations.create(
            name,
            clock.now(),
            segment_of,
            destination="acme",
            ad_account="urn:li:sponsoredAccount:1",
            audience="all",
            members=members,
            mode="mirror",
            yaml_path="/lists/guestlist.yaml",
        )

    return make


@pytest.fixture
def plan(store: Store, clock: Clock) -> Callable[..., Run]:
    """A planned run of ten removals and twenty additions, a batch for each phase."""

    def make(activation: Activation, *pieces: Piece) -> Run:
        run = store.runs.begin(activation.id, "sync", clock.now())
        changes = Changes(10, 20, 0, data=b"arrow")
        batches = pieces or (Piece(0, 10, phase=1), Piece(10, 20, phase=2))
        store.runs.commit(run.id, Planned(Counts(rows=20, added=20), changes, batches))
        return store.runs.get(run.id)

    return make
