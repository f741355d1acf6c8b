"""The invariant, hunted: whatever fails, in whatever order, when the faults stop and T has passed LinkedIn holds what
was last wanted, under both readings of REMOVE, and nothing remains to send. GUESTLIST_EXAMPLES=500 hunts longer (about
two seconds each), GUESTLIST_SHRINK=1 makes a failing example small, which takes minutes.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any
from unittest import mock

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from guestlist.app import delivery, runs
from guestlist.app.results import SyncResult
from guestlist.core import identity
from tests.app.machine import DEVICES, E_MAILS, MACHINE, PEOPLE, Machine, Pool, T, Trouble, troubles
from tests.postgres import Server
from tests.world import World

row = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["", *(f"K{i}" for i in range(PEOPLE))]),
        "email": st.sampled_from(["", *E_MAILS]),
        "second": st.sampled_from(["", "", "", *E_MAILS]),
        "gaid": st.sampled_from(["", "", *DEVICES]),
        "firstName": st.sampled_from(["", "Ann", "Bob"]),
    }
)
COLUMNS = ["key", "email", "second", "gaid", "firstName"]


class Joins:
    """Which identifiers a row, a primaryId or an element ever joined, transitively."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, name: str) -> str:
        parent = self._parent.setdefault(name, name)
        return name if parent == name else self.find(parent)

    def join(self, names: list[str]) -> None:
        for name in names[1:]:
            self._parent[self.find(name)] = self.find(names[0])


class Line(Machine):
    """List changes, mapping and toggle changes, faults, crashes, clock moves, reauthorisation, lost segments."""

    mode = "mirror"
    lists = ("main",)  # activations of the one segment

    def __init__(self, database_url: str | None = None) -> None:
        super().__init__(database_url)
        self.database_url = database_url
        self.rows: list[dict[str, str]] = []
        self.joins = Joins()

    @initialize(
        reading=st.sampled_from(["identifier", "member"]),
        mapped=st.booleans(),
        size=st.sampled_from([1, 2, 5_000]),
        threads=st.sampled_from([1, 3]),
    )
    def start(self, reading: str, mapped: bool, size: int, threads: int) -> None:
        self.reading = reading
        self.patches.enter_context(mock.patch.object(runs, "BATCH_SIZE", size))
        self.patches.enter_context(mock.patch.object(delivery, "ThreadPoolExecutor", Pool))
        self.world.threads = threads
        control = self.world.emulator.control
        known = [
            {
                "id": f"m{person}",
                "identifiers": [_shown(f"{kind}{person}@example.com") for kind in ("work", "home")]
                + [f"GOOGLE_AID:{DEVICES[person]}"],
            }
            for person in range(PEOPLE)
        ]
        control.seed({"directory": known})
        control.config(removal=reading, match_fraction=0.0)
        self.mapping: dict[str, Any] = {"email": ["email", "second"], "googleAdvertisingId": "gaid"}
        if mapped:
            self.mapping["primaryId"] = "key"
        self.world.activation(mode=self.mode, mapping=self.mapping, max_removals="100%")
        self.world.connect()
        self.prepare()
        self.write([])
        self.begun = True

    def prepare(self) -> None:
        """What else stands in the file from the start."""

    # ── what people do ───────────────────────────────────────────────────────────────────────────────────────────
    @rule(rows=st.lists(row, max_size=6))
    def write(self, rows: list[dict[str, str]]) -> None:
        self.rows = rows
        self.world.write(rows, columns=COLUMNS)
        self._joined()

    @precondition(lambda self: len(self.rows) > 1)
    @rule(data=st.data())
    def shuffle(self, data: st.DataObject) -> None:
        self.write(data.draw(st.permutations(self.rows)))

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), change=row)
    def change_one(self, data: st.DataObject, change: dict[str, str]) -> None:
        place = data.draw(st.integers(0, len(self.rows) - 1))
        field = data.draw(st.sampled_from(COLUMNS))
        rows = [dict(each) for each in self.rows]
        rows[place][field] = change[field]
        self.write(rows)

    @rule(device=st.booleans())
    def toggle(self, device: bool) -> None:
        self.world.yaml["destinations"]["acme"]["send_google_advertising_id"] = device
        self._joined()

    @rule(second=st.booleans())
    def remap(self, second: bool) -> None:
        self.mapping["email"] = ["email", "second"] if second else ["email"]
        self.world.activation(mapping=self.mapping)
        self._joined()

    # ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────────
    @rule(seconds=st.sampled_from([1.0, 60.0, 3_600.0, 90_000.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.sleep(seconds)

    @rule()
    def token_expires(self) -> None:
        self.world.emulator.control.expire_tokens()

    @rule()
    def reauthorise(self) -> None:
        self.world.emulator.control.revoke_tokens()
        self._try(self.world.connect)

    @rule(status=st.sampled_from(["EXPIRED", "FAILED"]))
    def segment_is_lost(self, status: str) -> None:
        for each in self.world.emulator.control.segments():
            self.world.emulator.control.ripen(each["id"], status)

    # ── what the product does ────────────────────────────────────────────────────────────────────────────────────
    @rule(faults=troubles, crash=st.none() | st.integers(0, 70))
    def sync(self, faults: list[Trouble], crash: int | None) -> None:
        for each in faults:
            self.fault(*each)
        self._run(crash, self._sync)

    @rule(rows=st.lists(row, max_size=6), faults=troubles, crash=st.none() | st.integers(0, 70))
    def write_and_sync(self, rows: list[dict[str, str]], faults: list[Trouble], crash: int | None) -> None:
        self.write(rows)
        self.sync(faults, crash)

    @rule(data=st.data(), change=row, faults=troubles, crash=st.none() | st.integers(0, 70))
    def change_and_sync(
        self,
        data: st.DataObject,
        change: dict[str, str],
        faults: list[Trouble],
        crash: int | None,
    ) -> None:
        if self.rows:
            self.change_one(data, change)
        self.sync(faults, crash)

    @rule(rows=st.lists(row, max_size=6), seconds=st.sampled_from([1.0, 300.0]))
    def a_stopped_worker_wakes_up(self, rows: list[dict[str, str]], seconds: float) -> None:
        """It lost its lock in the middle of a telling; another one went on, also with a newer list."""
        other = World(self.folder, database_url=self.database_url, emulator=self.world.emulator, yaml=self.world.yaml)

        def meanwhile() -> None:
            self.world.hooks.before = lambda: None
            note("stopped; another worker goes on")
            self._try(lambda: other.sync(allow_removals=99))
            self.write(rows)
            self._try(lambda: other.sync(allow_removals=99))
            self.world.clock.sleep(seconds)

        self.world.open()
        assert self.world.app is not None
        self.world.app.store.lock = lambda name, wait=True: nullcontext(True)  # type: ignore[method-assign, assignment]
        self.world.hooks.before = meanwhile
        self._try(self._sync)
        self.world.hooks.before = lambda: None
        self.world.close()
        other.close()

    @rule(value=st.sampled_from([*E_MAILS, *DEVICES]), crash=st.none() | st.integers(0, 40), faults=troubles)
    def forget(self, value: str, crash: int | None, faults: list[Trouble]) -> None:
        for each in faults:
            self.fault(*each)
        self.joins.find(_shown(value) if "@" in value else f"GOOGLE_AID:{value}")
        self._run(crash, lambda: note(self.world.open().forget([value]).state))

    @rule()
    def unforget(self) -> None:
        self._try(lambda: self.world.open().unforget([*E_MAILS, *DEVICES]))
        self._joined()

    @rule()
    def resend(self) -> None:
        self._try(lambda: self.world.sync(resend=True, allow_removals=99))

    def _sync(self, activation: str = "main") -> SyncResult:
        result = self.world.sync(activation, allow_removals=99)
        note(f"{result.state} {result.reason} +{result.added} ~{result.changed} -{result.removed}")
        return result

    def _settle_down(self) -> None:
        """The faults stop, T passes, a person does what is asked, and then everything agrees."""
        control = self.world.emulator.control
        control.clear_faults()
        self.world.clock.sleep(T + 61)
        self.world.connect()
        for _ in range(6):
            self.world.clock.sleep(90_000)
            results = [self.world.sync(each, allow_removals=99) for each in self.lists]
            if all((each.state, each.added, each.changed, each.removed) == ("done", 0, 0, 0) for each in results):
                break
        for result in results:
            assert result.state == "done", result
            assert (result.added, result.changed, result.removed) == (0, 0, 0), result
        if results[0].segment_id is not None:
            self._agrees(int(results[0].segment_id))
        incomplete = [each for each in self.world.open().receipts() if each.state == "incomplete"]
        assert incomplete == [], "somebody was never forgotten"
        sent = self.world.sent()
        self.turn_round()
        for each in self.lists:
            self._sync(each)
        assert self.world.sent() == sent, "the same list in another order told LinkedIn something"
        assert control.overlaps() == []

    def turn_round(self) -> None:
        """The same list in another order."""
        self.world.write(self.rows[::-1], columns=COLUMNS)

    def _agrees(self, segment: int) -> None:
        truth = self.world.emulator.control.segment(segment)
        wanted, refused = self._wanted(), self._refused()
        if self.reading == "identifier":
            told = set(truth["identifiers"])
            assert told <= wanted
            assert wanted - told <= refused
            return
        present = set(truth["members"])
        for person in range(PEOPLE):
            his = {_shown(f"{kind}{person}@example.com") for kind in ("work", "home")}
            his.add(f"GOOGLE_AID:{DEVICES[person]}")
            if not his & wanted:
                assert f"m{person}" not in present
            elif his & refused:
                continue
            elif len({self.joins.find(each) for each in his if each in self._seen()}) == 1:
                assert f"m{person}" in present

    def _wanted(self) -> set[str]:
        return {shown for ids, _ in self._elements() for shown in ids}

    def _seen(self) -> set[str]:
        return set(self.joins._parent)

    def _elements(self) -> list[tuple[list[str], str]]:
        """The identifiers of each row by the reference, and its primaryId."""
        found = []
        send = self.world.yaml["destinations"]["acme"].get("send_google_advertising_id", True)
        for each in self.rows:
            record = {"email": [each[c] for c in self.mapping["email"]], "googleAdvertisingId": [each["gaid"]]}
            element = identity.person(record, True, send)
            if isinstance(element, identity.Element) and not self._blocked(element):
                key = each["key"] if "primaryId" in self.mapping else ""
                found.append(([f"{i.type.name}:{i.text}" for i in element.identifiers], key))
        return found

    def _blocked(self, element: identity.Element) -> bool:
        self.world.open()
        assert self.world.app is not None
        return not self.world.app.store.suppressions.keys().isdisjoint(each.key16 for each in element.identifiers)

    def _refused(self) -> set[str]:
        """What the ledger shows as refused by LinkedIn."""
        app, shown = self.world.app, {}
        assert app is not None
        for value in [*E_MAILS, *DEVICES]:
            found = identity.email(value) if "@" in value else identity.google_advertising_id(value)
            assert isinstance(found, identity.Identifier)
            shown[found.key16] = f"{found.type.name}:{found.text}"
        known = app.planner.find(app.store.ledgers.parts(1)[1], ids=list(shown))
        return {shown[each.id16] for each in known if each.refused}

    def _joined(self) -> None:
        for ids, key in self._elements():
            self.joins.join([*ids, *([f"key:{key}"] if key else [])])


def _shown(address: str) -> str:
    found = identity.email(address)
    assert isinstance(found, identity.Identifier)
    return f"SHA256_EMAIL:{found.text}"


class AddOnlyLine(Line):
    """The same with a list that never removes: everybody ever wanted stays."""

    mode = "add_only"

    def __init__(self) -> None:
        super().__init__()
        self.ever: set[str] = set()

    def _agrees(self, segment: int) -> None:
        truth = self.world.emulator.control.segment(segment)
        if self.reading == "identifier":
            assert self._wanted() - self._refused() <= set(truth["identifiers"])


class ThinnedLine(Line):
    """With a second activation on the same segment: a list of people who must stay out."""

    lists = ("main", "thin")

    def prepare(self) -> None:
        self.out: list[dict[str, str]] = []
        self.world.yaml["audiences"]["gone"] = {"members": "people", "source": {"file": "gone.csv"}}
        mapping = {"email": ["email", "second"], "googleAdvertisingId": "gaid"}
        self.world.activation("thin", audience="gone", mode="remove_only", segment_of="main", mapping=mapping)
        self.shut_out([])

    @rule(rows=st.lists(row, max_size=3))
    def shut_out(self, rows: list[dict[str, str]]) -> None:
        self.out = rows
        self.world.write(rows, "gone.csv", columns=COLUMNS)

    @rule(faults=troubles, crash=st.none() | st.integers(0, 70))
    def thin_out(self, faults: list[Trouble], crash: int | None) -> None:
        for each in faults:
            self.fault(*each)
        self._run(crash, lambda: self._sync("thin"))

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), faults=troubles, crash=st.none() | st.integers(0, 70))
    def shut_out_and_thin_out(self, data: st.DataObject, faults: list[Trouble], crash: int | None) -> None:
        self.shut_out(data.draw(st.lists(st.sampled_from(self.rows), min_size=1, max_size=2)))
        self.thin_out(faults, crash)

    def turn_round(self) -> None:
        super().turn_round()
        self.world.write(self.out[::-1], "gone.csv", columns=COLUMNS)

    def _sync(self, activation: str = "main") -> SyncResult:
        result = super()._sync(activation)
        if (activation, result.state) == ("main", "done"):
            super()._joined()
        return result

    def _joined(self) -> None:
        """Whoever is listed may be told; joined is only what was: until then a row may come to be kept out."""
        for ids, _ in super()._elements():
            for each in ids:
                self.joins.find(each)

    def _elements(self) -> list[tuple[list[str], str]]:
        named = self._named()
        return [(ids, key) for ids, key in super()._elements() if named.isdisjoint(ids)]

    def _named(self) -> set[str]:
        send = self.world.yaml["destinations"]["acme"].get("send_google_advertising_id", True)
        records = [{"email": [each["email"], each["second"]], "googleAdvertisingId": each["gaid"]} for each in self.out]
        found = [identity.person(record, True, send) for record in records]
        return {
            f"{i.type.name}:{i.text}" for each in found if isinstance(each, identity.Element) for i in each.identifiers
        }


class ThinnedAddOnlyLine(ThinnedLine):
    """The same beside a list that never removes itself."""

    mode = "add_only"

    def _agrees(self, segment: int) -> None:
        told = set(self.world.emulator.control.segment(segment)["identifiers"])
        if self.reading == "identifier":
            assert self._wanted() - self._refused() <= told
            assert not self._named() & told


TestLine = Line.TestCase
TestLine.settings = MACHINE
TestAddOnlyLine = AddOnlyLine.TestCase
TestAddOnlyLine.settings = settings(MACHINE, max_examples=MACHINE.max_examples // 3)
TestThinnedLine = ThinnedLine.TestCase
TestThinnedLine.settings = settings(MACHINE, max_examples=MACHINE.max_examples // 2)
TestThinnedAddOnlyLine = ThinnedAddOnlyLine.TestCase
TestThinnedAddOnlyLine.settings = settings(MACHINE, max_examples=MACHINE.max_examples // 6)


def test_the_line_on_postgresql(postgres_server: Server) -> None:
    """The other database: real advisory locks and isolation."""
    names: list[str] = []

    def line() -> Line:
        names.append(postgres_server.create())
        return Line(postgres_server.url(names[-1]))

    examples = settings(MACHINE, max_examples=MACHINE.max_examples // 6)
    run_state_machine_as_test(line, settings=examples)  # type: ignore[no-untyped-call]
    for name in names:
        postgres_server.drop(name)
