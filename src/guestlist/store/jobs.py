"""Jobs: what somebody asked for that takes longer than an answer may. A worker takes them up, one after the other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.vault import Vault

JobState = Literal["waiting", "working", "done", "failed"]

_table = schema.jobs


@dataclass(frozen=True)
class Job:
    """One row; columns are explained in ``schema.jobs``."""

    id: int
    kind: str
    subject: str
    options: Mapping[str, Any]
    asked_by: str
    asked_at: float
    state: JobState
    starts: int
    started_at: float | None
    progress: Mapping[str, Any] | None
    result: Any
    reason: str
    ended_at: float | None


class Jobs:
    """Every change is one guarded UPDATE; options and results rest sealed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def ask(self, kind: str, subject: str, options: Mapping[str, Any], by: str, now: float) -> int:
        """A new one; its number."""
        values = {
            "kind": kind, "subject": subject, "options": self._sealed(options), "asked_by": by, "asked_at": now,
            "state": "waiting", "starts": 0, "reason": "",
        }  # fmt: skip
        with self._database.write() as connection:
            return int(connection.execute(sa.insert(_table).values(values).returning(_table.c.id)).scalar_one())

    def get(self, job_id: int) -> Job | None:
        """By its number; None: there is none."""
        found = self._some(_table.c.id == job_id, 1)
        return found[0] if found else None

    def latest(self, subject: str, kind: str | None = None) -> Job | None:
        """The newest about something."""
        condition = _table.c.subject == subject
        found = self._some(condition if kind is None else condition & (_table.c.kind == kind), 1)
        return found[0] if found else None

    def newest(
        self, limit: int, *, before: int | None = None, subject: str | None = None, without: Sequence[str] = ()
    ) -> list[Job]:
        """Newest first, without some kinds; ``before``: only those of a lower number."""
        conditions: list[sa.ColumnElement[bool]] = [_table.c.kind.not_in(without)]
        if before is not None:
            conditions.append(_table.c.id < before)
        if subject is not None:
            conditions.append(_table.c.subject == subject)
        return self._some(sa.and_(*conditions), limit)

    def open(self) -> list[Job]:
        """Waiting and working ones, the oldest first."""
        return self._some(_table.c.state.in_(("waiting", "working")), 1000)[::-1]

    def any_open(self) -> bool:
        """Whether there is one; cheap to ask."""
        query = sa.select(_table.c.id).where(_table.c.state.in_(("waiting", "working"))).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def start(self, job: Job, now: float) -> bool:
        """Take it up as it was seen; False: somebody else was faster."""
        seen = (_table.c.id == job.id) & (_table.c.state == job.state) & (_table.c.starts == job.starts)
        values = {"state": "working", "starts": job.starts + 1, "started_at": now, "progress": None}
        with self._database.write() as connection:
            return connection.execute(sa.update(_table).where(seen).values(values)).rowcount == 1

    def proceed(self, job_id: int, progress: Mapping[str, Any]) -> None:
        """How far it is."""
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.id == job_id).values(progress=progress))

    def end(self, job_id: int, state: JobState, now: float, result: Any = None, reason: str = "") -> None:
        """It is done, or failed for a reason."""
        sealed = None if result is None else self._sealed(result)
        values = {"state": state, "result": sealed, "reason": reason, "ended_at": now, "options": None}
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.id == job_id).values(values))

    def rename(self, kind: str, old: str, new: str) -> None:
        """All of a kind that are about one subject are about another."""
        about = (_table.c.kind == kind) & (_table.c.subject == old)
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(about).values(subject=new))

    def reword(self, job_id: int, options: Mapping[str, Any]) -> None:
        """What one is asked for, unless it has ended."""
        still = (_table.c.id == job_id) & _table.c.state.in_(("waiting", "working"))
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(still).values(options=self._sealed(options)))

    def forget_before(self, moment: float) -> int:
        """Delete those that ended before; how many."""
        over = _table.c.ended_at < moment
        with self._database.write() as connection:
            return connection.execute(sa.delete(_table).where(over)).rowcount

    def _some(self, condition: sa.ColumnElement[bool], limit: int) -> list[Job]:
        query = sa.select(_table).where(condition).order_by(_table.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [self._job(row) for row in rows]

    def _job(self, row: sa.RowMapping) -> Job:
        values = dict(row)
        values["options"] = self._opened(row["options"]) or {}
        values["result"] = self._opened(row["result"])
        return Job(**values)

    def _sealed(self, value: Any) -> bytes:
        return self._vault.seal(json.dumps(value).encode())

    def _opened(self, sealed: bytes | None) -> Any:
        return None if sealed is None else json.loads(self._vault.open(sealed))
