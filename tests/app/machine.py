"""What the state machines share: what may go wrong, a crash at any step, and an end where all is quiet."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from guestlist.errors import GuestlistError
from tests.planner.kit import members_in
from tests.world import Crash, World

T = 120.0
PEOPLE = 5
E_MAILS = [f"{kind}{person}@example.com" for person in range(PEOPLE) for kind in ("work", "home")]
DEVICES = [f"{person:08d}-fb9c-47ad-9866-0794d394c912" for person in range(1, PEOPLE + 1)]
FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "after": True},
    {"kind": "status", "status": 504, "after": True},
    {"kind": "status", "status": 429, "body": {"status": 429, "message": "Resource level throttle MINUTE limit"}},
    {"kind": "reset", "when": "before"},
    {"kind": "reset", "when": "after"},
    {"kind": "timeout", "lands_after": 90.0},
    {"kind": "timeout", "lands_after": None},
    {"kind": "truncate"},
    {"kind": "expired_token"},
    {"kind": "drop_elements", "count": 1, "applied": True},
    {"kind": "drop_elements", "count": 1, "applied": False},
    {"kind": "refuse_elements", "positions": [0]},
    {"kind": "status", "status": 400, "body": {"status": 400, "message": "not an enum symbol"}},
    {"kind": "status", "status": 403, "body": {"status": 403, "message": "Not enough permissions"}},
    {"kind": "status", "status": 429, "body": {"status": 429, "message": "Resource level throttle DAY limit"}},
]

Trouble = tuple[dict[str, Any], str, int, int]
troubles = st.lists(
    st.tuples(
        st.sampled_from(FAULTS),
        st.sampled_from(["/users$", "/users$", "/dmpSegments", ""]),
        st.integers(1, 3),
        st.sampled_from([1, 1, 2, 8]),
    ),
    max_size=2,
)
MACHINE = settings(
    max_examples=int(os.environ.get("GUESTLIST_EXAMPLES", "24")),
    stateful_step_count=14,
    deadline=None,
    # a failing example takes minutes to shrink; GUESTLIST_SHRINK=1 does it
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
        *([Phase.shrink] if os.environ.get("GUESTLIST_SHRINK") else []),
    ],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


class Answered(Future[Any]):
    """Sets of these have an order that does not change from one trial to the next."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def __hash__(self) -> int:
        return self._number


class Pool(Executor):
    """Stands for threads: several requests are in the air at once, in an order that can be repeated."""

    def __init__(self, *_: object) -> None:
        self._count = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self._count += 1
        future = Answered(self._count)
        future.set_result(fn(*args, **kwargs))
        return future


def members_said(world: World) -> dict[int, int]:
    """Ledger -> how many members it says are told in; nothing while no process is there."""
    return world.app.store.ledgers.members_in([each.id for each in world.app.store.ledgers.all()]) if world.app else {}


class Machine(RuleBasedStateMachine):
    """A world where things happen; ``begun``: it was given its start."""

    def __init__(self, database_url: str | None = None) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="guestlist-machine-"))
        self.world = World(self.folder, database_url=database_url)
        self.patches = ExitStack()
        self.begun = False

    def _run(self, crash: int | None, act: Callable[[], object]) -> None:
        """Until it is done or gone, after so many steps."""
        self.world.open()
        self.world.fuse.left = crash
        try:
            self._try(act)
        except Crash:
            note(f"crashed at step {crash}")
            self.world.close()
        finally:
            self.world.fuse.left = None

    @staticmethod
    def _try(act: Callable[[], object]) -> None:
        try:
            act()
        except GuestlistError as error:
            note(str(error))

    def fault(self, fault: dict[str, Any], path: str, nth: int, times: int) -> None:
        if "elements" in fault["kind"]:
            path = "/users$"
        note(f"fault {fault} on {path!r}, time {nth}")
        self.world.emulator.control.fault(fault, path=path or None, nth=nth, times=times)

    @rule(looks=st.integers(1, 4))
    def linkedin_lags(self, looks: int) -> None:
        self.world.hide_segments(looks)

    @invariant()
    def never_two_different_tellings_at_once(self) -> None:
        assert self.world.emulator.control.overlaps() == []

    @invariant()
    def sent_so_far_is_what_the_ledger_holds(self) -> None:
        for number, said in members_said(self.world).items():
            parts = self.world.app.store.ledgers.parts(number)[1] if self.world.app else ()
            assert said == members_in(parts)

    def teardown(self) -> None:
        try:
            if self.begun:
                self._settle_down()
        finally:
            self.patches.close()
            self.world.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _settle_down(self) -> None:
        """The faults stop, T passes, and then everything agrees."""
        raise NotImplementedError
