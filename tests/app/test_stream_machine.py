"""The invariant of streams, hunted: events late, twice and out of order, two ad accounts on one key, every fault, a
crash at any step. When the faults stop, LinkedIn holds exactly what the latest acknowledged events say, every event has
exactly one end, and nothing remains to send. GUESTLIST_EXAMPLES=500 hunts longer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from guestlist.app import arrears, delivery, runs
from guestlist.app.fold import Fold
from guestlist.app.stream_sync import flush, tidy
from guestlist.app.streams import listeners
from guestlist.core import identity
from guestlist.events.outcomes import Outcome
from guestlist.ports import Delta, LedgerPart, State
from guestlist.store import ledgers
from tests.app.kit import KEY, Source, entered, exited
from tests.app.machine import DEVICES, E_MAILS, MACHINE, Machine, Pool, T, Trouble, troubles
from tests.postgres import Server

ACCOUNTS = {"main": 516848833, "late": 516848834}
USERS = ["u0", "u1", "u2", "u3", ""]

repeated = st.none() | st.integers(0, 30)
event = st.tuples(
    st.booleans(),
    st.sampled_from(USERS),
    st.sampled_from(["", *E_MAILS[:6]]),
    st.sampled_from(["", "", *DEVICES[:2]]),
    st.integers(0, 40),  # seconds before now
    st.sampled_from(["", "", "Ann", "Bob"]),
    st.sampled_from([True, True, False]),  # whether it has a messageId
    repeated,  # instead, one of those before is sent again
)
happenings = st.lists(event, min_size=1, max_size=6)


def _id(value: str) -> tuple[bytes, str]:
    found = identity.email(value) if "@" in value else identity.google_advertising_id(value)
    assert isinstance(found, identity.Identifier)
    return found.key16, f"{found.type.name}:{found.text}"


@dataclass(frozen=True)
class Said:
    """An event as the invariant reads it. ``message``: its id, "" none; ``again``: it decided before."""

    enters: bool
    user: str
    values: tuple[str, ...]
    stamp: tuple[int, int, int]
    message: str
    again: bool = False

    @property
    def decides(self) -> bool:
        """Somebody is meant."""
        return bool(self.user or self.values)


class Streams(Machine):
    """Everything that may happen to a stream between its first event and its last."""

    def __init__(self, database_url: str | None = None) -> None:
        super().__init__(database_url)
        self.source = Source(self.world)
        self.acknowledged: list[Said] = []
        self.posted: list[tuple[dict[str, Any], Said]] = []
        self.since: dict[str, int] = {"main": 0}  # how many were acknowledged before an account listened
        self.arrival = 0

    @initialize(
        size=st.sampled_from([1, 2, 5_000]), most=st.sampled_from([1, 3, 5_000]), pours=st.sampled_from([1, 16])
    )
    def start(self, size: int, most: int, pours: int) -> None:
        self.patches.enter_context(mock.patch.object(runs, "BATCH_SIZE", size))
        self.patches.enter_context(mock.patch.object(ledgers, "POUR_PARTS", pours))
        self.patches.enter_context(mock.patch.object(delivery, "ThreadPoolExecutor", Pool))
        control = self.world.emulator.control
        account, role = ACCOUNTS["late"], "CAMPAIGN_MANAGER"
        control.seed(
            {
                "accounts": [{"id": account, "name": "Late"}],
                "roles": [{"account": account, "member": "AbC123xyz", "role": role}],
            }
        )
        self.world.yaml["destinations"]["late"] = {"ad_account": account}
        mapping = {
            "email": "context.traits.email",
            "googleAdvertisingId": "context.traits.gaid",
            "firstName": "context.traits.firstName",
        }
        self.world.activation("main", mapping=mapping, max_removals="100%", batch={"max_size": most})
        self.connect()
        self.begun = True

    def connect(self) -> None:
        for name in self.world.yaml["destinations"]:
            self.world.open().connect_token(name, self.world.emulator.control.token())

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────
    @rule(brought=happenings)
    def post(self, brought: list[Any]) -> None:
        """Acknowledged."""
        now, events = self.source.now(), []
        self.arrival += 1
        for place, (enters, user, email, gaid, back, name, named, which) in enumerate(brought, 1):
            if which is not None and self.posted:
                made, before = self.posted[which % len(self.posted)]
                stamp = before.stamp[0], self.arrival, place
                said = replace(before, stamp=stamp, again=bool(before.message) and before.decides)
            else:
                traits = {k: v for k, v in (("email", email), ("gaid", gaid), ("firstName", name)) if v}
                message = f"m{len(self.posted)}" if named else ""
                made = (entered if enters else exited)(user, now - back, **traits)
                made |= {"messageId": message} if message else {}
                at = int(min(now, round((now - back) * 1e6) / 1e6) * 1e6)
                said = Said(enters, user, tuple(v for v in (email, gaid) if v), (at, self.arrival, place), message)
                self.posted.append((made, said))
            events.append(made)
            self.acknowledged.append(said)
        self.source.post(*events)

    def names(self) -> list[str]:
        return [name for name in ACCOUNTS if name in self.world.yaml["activations"]]

    @rule()
    def add_an_ad_account(self) -> None:
        """An activation added late."""
        if "late" not in self.world.yaml["activations"]:
            main = dict(self.world.yaml["activations"]["main"])
            unfolded = self.world.open().app.store.inbox.backlog().events
            self.since["late"] = len(self.acknowledged) - unfolded
            self.world.activation("late", **{**main, "destination": "late"})

    @rule(device=st.booleans())
    def toggle(self, device: bool) -> None:
        self.world.yaml["destinations"]["acme"]["send_google_advertising_id"] = device

    @rule(seconds=st.sampled_from([1.0, 60.0, 4_000.0, 90_000.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.sleep(seconds)

    @rule(status=st.sampled_from(["EXPIRED", "FAILED"]))
    def segments_are_lost(self, status: str) -> None:
        for each in self.world.emulator.control.segments():
            self.world.emulator.control.ripen(each["id"], status)

    @rule()
    def token_expires(self) -> None:
        self.world.emulator.control.expire_tokens()

    @rule()
    def reauthorise(self) -> None:
        self.world.emulator.control.revoke_tokens()
        self._try(self.connect)

    # ── what the product does ────────────────────────────────────────────────────────────────────────────────────
    @rule(crash=st.none() | st.integers(0, 12))
    def fold(self, crash: int | None) -> None:
        self._run(crash, self._fold)

    @rule(name=st.sampled_from(["main", "main", "late"]), faults=troubles, crash=st.none() | st.integers(0, 60))
    def flush(self, name: str, faults: list[Trouble], crash: int | None) -> None:
        for each in faults:
            self.fault(*each)
        if name in self.names() and self.world.yaml["activations"][name].get("enabled", True):
            self._run(crash, lambda: self._flush(name))

    @rule(brought=happenings, faults=troubles, crash=st.none() | st.integers(0, 60))
    def post_fold_flush(self, brought: list[Any], faults: list[Trouble], crash: int | None) -> None:
        self.post(brought)
        self.fold(None)
        self.flush("main", faults, crash)

    @rule(name=st.sampled_from(["main", "late"]), crash=st.none() | st.integers(0, 60), resend=st.booleans())
    def sync(self, name: str, crash: int | None, resend: bool) -> None:
        if name in self.names():
            self._run(crash, lambda: self._sync(name, resend=resend))

    @rule(name=st.sampled_from(["main", "late"]), meanwhile=st.booleans(), crash=st.none() | st.integers(0, 20))
    def tidy(self, name: str, meanwhile: bool, crash: int | None) -> None:
        """As the worker does beside flushes: they may come between the reading and the replacing of parts."""
        app = self.world.open().app

        def with_a_flush(make: Callable[..., Delta]) -> Callable[..., Delta]:
            def made(parts: Sequence[LedgerPart], folder: str) -> Delta:
                delta = make(parts, folder)
                if meanwhile and self.world.yaml["activations"][name].get("enabled", True):
                    self._flush(name)
                return delta

            return made

        if name in self.names():
            with (
                mock.patch.object(app.planner, "merge", with_a_flush(app.planner.merge)),
                mock.patch.object(app.flusher, "pour", with_a_flush(app.flusher.pour)),
            ):
                self._run(crash, lambda: tidy(app, name))

    @rule(value=st.sampled_from([*E_MAILS[:6], DEVICES[0], "primaryId:u1"]), crash=st.none() | st.integers(0, 40))
    def forget(self, value: str, crash: int | None) -> None:
        self._run(crash, lambda: note(self.world.open().forget([value]).state))

    @rule(value=st.sampled_from([*E_MAILS[:6], DEVICES[0], "primaryId:u1"]))
    def unforget(self, value: str) -> None:
        self._try(lambda: note(str(self.world.open().unforget([value]))))

    @rule(name=st.sampled_from(["main", "late"]), enabled=st.booleans())
    def pause(self, name: str, enabled: bool) -> None:
        if name in self.names():
            self.world.activation(name, enabled=enabled)

    @rule(crash=st.none() | st.integers(0, 12))
    def write_off(self, crash: int | None) -> None:
        door = self.world.open()
        self._run(crash, lambda: arrears.write_off(door.app, door.config))

    @rule()
    def restart(self) -> None:
        self.world.close()

    def _fold(self) -> None:
        door = self.world.open()
        fold = Fold(door.app)
        while fold.step(lambda: listeners(door.app, door.config)):
            pass

    def _flush(self, name: str) -> Any:
        door = self.world.open()
        result = flush(door.app, door.config, name)
        assert result is not None
        note(f"{name}: {result.state} {result.reason} +{result.added} ~{result.changed} -{result.removed}")
        return result

    def _sync(self, name: str, **options: Any) -> Any:
        result = self.world.sync(name, allow_removals=99, **options)
        note(f"sync {name}: {result.state} {result.reason} +{result.added} ~{result.changed} -{result.removed}")
        return result

    def _settle_down(self) -> None:
        """The faults stop and T passes: then everything agrees."""
        self.world.emulator.control.clear_faults()
        self.world.clock.sleep(T + 61)
        self.connect()
        for name in self.names():
            self.world.activation(name, enabled=True)
        self._fold()
        for _ in range(3):  # what was refused is told again after a day
            self.world.clock.sleep(90_000)
            for name in self.names():
                self._comes_to_rest(name)
        sent = self.world.sent()
        for name in self.names():
            self._agrees(name)
            again = self._sync(name)
            assert (again.state, again.added, again.changed, again.removed) == ("done", 0, 0, 0), again
        assert self.world.sent() == sent, "everybody compared once more told LinkedIn something"
        assert self.world.emulator.control.overlaps() == []

    def _comes_to_rest(self, name: str) -> None:
        app = self.world.open().app
        for _ in range(40):
            result = self._flush(name)
            number = app.store.activations.get(name)
            assert number is not None
            if result.state == "done" and number.id not in {each.activation_id for each in app.store.streams.due(0.0)}:
                return
            if result.state != "done":
                self.world.clock.sleep(90_000)
        raise AssertionError(f"{name} never comes to rest: {result}")

    def _agrees(self, name: str) -> None:
        wanted, refused = self._wanted(name), self._refused(name)
        found = self.world.open().status(name)[0]
        told: set[str] = set()
        if found.segment_id is None:
            assert not wanted
        else:
            told = set(self.world.emulator.control.segment(int(found.segment_id))["identifiers"])
            assert told <= wanted, "somebody is in who should not be"
            assert wanted - told <= refused, "somebody is missing"
        assert self._sent(name) == told, "what counts as sent is not what LinkedIn has"
        self._reconciles(name)

    def _reconciles(self, name: str) -> None:
        """Every event that an account listened to has one end, and a message that decided is known again."""
        heard = self.acknowledged[self.since[name] :]
        ends = self.source.outcomes(name)
        assert all(count >= 0 for count in ends.values()), ends
        assert not {end: n for end, n in ends.items() if "pending" in end and n}, ends
        assert sum(ends.values()) == len(heard), ends
        assert ends[Outcome.DUPLICATE] == sum(said.again for said in heard), ends

    def _sent(self, name: str) -> set[str]:
        """Identifiers that are in by our own books."""
        app = self.world.open().app
        found = app.store.activations.get(name)
        assert found is not None
        shown = dict(map(_id, [*E_MAILS, *DEVICES]))
        known = app.planner.find(app.store.ledgers.parts(found.ledger_id)[1], ids=list(shown))
        return {shown[each.id16] for each in known if each.state is State.IN}

    def _wanted(self, name: str) -> set[str]:
        """By the events alone: per member the latest decision, and every identifier ever seen."""
        latest: dict[bytes, tuple[tuple[int, int, int], bool]] = {}
        ids: dict[bytes, set[str]] = {}
        for said in self.acknowledged:
            if said.again or not said.decides:
                continue
            enters, stamp, keys = said.enters, said.stamp, [_id(value) for value in said.values]
            named = identity.primary_id(said.user)
            member = named.key16 if named else keys[0][0]
            ids.setdefault(member, set()).update(shown for _, shown in keys)
            if member not in latest or stamp > latest[member][0]:
                latest[member] = stamp, enters
        out = self._forgotten(ids)
        shown = {each for member, (_, enters) in latest.items() if enters and member not in out for each in ids[member]}
        destination = self.world.yaml["destinations"]["acme" if name == "main" else "late"]
        device = destination.get("send_google_advertising_id", True)
        return {each for each in shown if device or not each.startswith("GOOGLE")}

    def _forgotten(self, ids: dict[bytes, set[str]]) -> set[bytes]:
        """Members that carry a blocked identifier: nothing that events said of them rests."""
        app = self.world.open().app
        blocked, shown = app.store.suppressions.keys(), {text: key for key, text in map(_id, [*E_MAILS, *DEVICES])}
        out = {each for each, texts in ids.items() if not blocked.isdisjoint({each, *(shown[text] for text in texts)})}
        key = app.store.event_members.key(KEY)
        assert key is not None
        assert not any(each.person for each in app.store.event_members.some(key.id, out).values())
        return out

    def _refused(self, name: str) -> set[str]:
        app = self.world.open().app
        found = app.store.activations.get(name)
        assert found is not None
        shown = dict(map(_id, [*E_MAILS, *DEVICES]))
        known = app.planner.find(app.store.ledgers.parts(found.ledger_id)[1], ids=list(shown))
        return {shown[each.id16] for each in known if each.refused}


TestStreams = Streams.TestCase
TestStreams.settings = settings(MACHINE, max_examples=MACHINE.max_examples // 2)


def test_streams_on_postgresql(postgres_server: Server) -> None:
    """The other database: real advisory locks and isolation."""
    names: list[str] = []

    def streams() -> Streams:
        names.append(postgres_server.create())
        return Streams(postgres_server.url(names[-1]))

    examples = settings(MACHINE, max_examples=MACHINE.max_examples // 6)
    run_state_machine_as_test(streams, settings=examples)  # type: ignore[no-untyped-call]
    for name in names:
        postgres_server.drop(name)
