"""Whoever does something is written down with what there was before and what there is now: every action, walked through
the API and the functions behind pages and commands.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

import guestlist
from guestlist.app import ending, linkedin_app, users
from guestlist.core.permissions import Permission, Role
from guestlist.errors import ConfigError
from guestlist.settings import read
from guestlist.store.audit import Audit, Entry
from guestlist.store.restore import restore
from tests.web.apikit import EVENTS, STREAM, Api
from tests.web.test_linkedin_app import Bare
from tests.world import ACCOUNT, World, emails

Sides = Literal["", "before", "after", "both"]
BEGAN: set[Sides] = {"after"}
CHANGED: set[Sides] = {"both"}
ENDED: set[Sides] = {"before"}
HAPPENED: set[Sides] = {""}  # there is no before and after of it

PARTS = ("destination", "audience", "activation", "setting")
ACTIONS: dict[str, set[Sides]] = {
    **{f"create {each}": BEGAN for each in PARTS},
    **{f"change {each}": CHANGED for each in PARTS},
    **{f"take over {each}": CHANGED for each in PARTS},
    **{f"delete {each}": ENDED for each in PARTS},
    "rename": CHANGED,
    "rename destination": CHANGED,
    "remove": CHANGED,
    "run": HAPPENED,
    "allow removals": CHANGED,
    "send everybody again": CHANGED,
    "new snapshot": CHANGED,
    "connect": BEGAN | CHANGED,
    "create user": BEGAN,
    "invite user": HAPPENED,
    "choose password": BEGAN | CHANGED,
    "change password": CHANGED,
    "change role": CHANGED,
    "disable user": CHANGED,
    "enable user": CHANGED,
    "sign in": HAPPENED,
    "wrong password": HAPPENED,
    "lock user": CHANGED,
    "create token": BEGAN,
    "revoke token": CHANGED,
    "create key": BEGAN,
    "revoke key": CHANGED,
    "upload list": BEGAN | CHANGED,
    "delete list": ENDED,
    "upload suppression list": BEGAN,
    "discard suppression list": ENDED,
    "forget": HAPPENED,
    "undo forget": HAPPENED,
    "change LinkedIn app": BEGAN | CHANGED,
    "take out LinkedIn app": ENDED,
    "seal again": CHANGED,
    "restore": HAPPENED,
}

ROOT = Path(guestlist.__file__).parent
GOOD, BETTER, BEST = "four words that nobody guesses", "five other words to guess at", "six words more, for nobody"
SECRETS = [GOOD, BETTER, BEST, "a-client-secret", "another-client-secret", "hooks.example", "ann@example.com"]


class Walk:
    """An installation whose file names a little of everything, and somebody who does everything there is to do."""

    def __init__(self, world: World) -> None:
        world.write(emails("ann", "bob"))
        world.yaml["limits"] = {"mappings_per_destination": 20}
        self.world, self.api = world, Api(world)
        self.app = self.api.door.app
        self.secrets = [*SECRETS, self.api.token]

    def changed(self, path: str, method: str = "PATCH", **body: Any) -> None:
        done = self.api(method, path, body or None, if_match=self.api.tag(path))
        assert done.is_success, done.text

    def did(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        done = self.api(method, path, body, **headers)
        assert done.is_success, done.text
        return done.json() if done.content else None

    def all(self) -> None:
        self.people()
        self.names()
        self.secret_things()
        self.lists()
        self.parts()
        self.settings()
        self.file()
        self.syncs()
        self.privacy()
        self.ends()

    def names(self) -> None:
        """Of what the file says, there and back."""
        configuration = self.api.door.configuration
        self.api.finished(self.api("POST", "/activations/main/syncs"))
        for one, other in (("main", "elsewhere"), ("elsewhere", "main")):
            ending.rename(self.app, configuration, one, other)
        for one, other in (("acme", "acme again"), ("acme again", "acme")):
            ending.rename_destination(self.app, configuration, one, other)

    def people(self) -> None:
        first = users.setup_link(self.app)
        assert first is not None
        users.use_link(self.app, first, "root", GOOD)
        invited = self.did("POST", "/users", {"name": "moe", "role": "Marketer"})["link"]
        again = self.did("POST", "/users/moe/link")["link"]
        users.use_link(self.app, again.rpartition("/")[2], "", GOOD)
        anew = users.invite(self.app, "moe")
        users.use_link(self.app, anew, "", BETTER)
        users.change_password(self.app, "moe", BETTER, BEST)
        self.changed("/users/moe", role="Analyst")
        self.changed("/users/moe", disabled=True)
        self.changed("/users/moe", disabled=False)
        users.sign_in(self.app, "moe", BEST)
        for _ in range(users.FAILS):
            with pytest.raises(ConfigError):
                users.sign_in(self.app, "moe", "none of them")
        self.secrets += [each.rpartition("/")[2] for each in (invited, again, anew, first)]

    def secret_things(self) -> None:
        narrow = {"name": "nightly", "role": "Analyst", "scopes": [Permission.VIEW_SEGMENTS], "ends": 4e9}
        self.secrets.append(self.did("POST", "/tokens", narrow)["token"])
        self.did("DELETE", "/tokens/nightly")
        self.secrets.append(self.did("POST", "/write-keys", {"name": "site"})["write_key"])
        self.did("DELETE", "/write-keys/site")
        self.did("PUT", "/linkedin-app", {"client_id": "one", "client_secret": "a-client-secret"}, if_match="*")
        self.did("PUT", "/linkedin-app", {"client_id": "one", "client_secret": "another-client-secret"}, if_match="*")
        linkedin_app.take_out(self.app)
        self.api.finished(self.api("POST", "/encryption/seal", {}))

    def lists(self) -> None:
        raw = {"content_type": "application/octet-stream"}
        self.did("PUT", "/uploads/guests?file_name=guests.csv", b"email\na@example.com\nb@example.com\n", **raw)
        path = "/uploads/guests?file_name=more.csv"
        self.did("PUT", path, b'email,note\na@example.com,"two\nlines"\n', if_match="*", **raw)
        self.did("DELETE", "/uploads/guests", if_match="*")
        self.did("POST", "/suppression-lists?file_name=gone.csv", b"email\na@example.com\n", **raw)
        self.did("DELETE", "/suppression-lists/1")

    def parts(self) -> None:
        self.api.make("destinations", "other", {"ad_account": ACCOUNT})
        self.api.make("audiences", "leads", EVENTS)
        self.api.make("activations", "stream", STREAM)
        self.api.make("activations", "news", {"audience": "people", "destination": "acme"})
        self.api.make("activations", "follows", _thinning("news"))
        self.connected("other")
        self.world.clock.sleep(60)
        self.connected("other")
        self.changed("/destinations/other", settings={"send_email": False})
        self.changed("/audiences/leads", settings={"members": "companies"})
        self.changed("/activations/news", settings={"segment_name": "News"})
        self.did("POST", "/activations/news/rename", {"name": "letters", "propagate": True})
        for path in ("/activations/stream", "/audiences/leads", "/destinations/other"):
            self.changed(path, "DELETE")

    def connected(self, name: str) -> None:
        token = self.world.emulator.control.token()
        self.secrets += [token["access_token"], token["refresh_token"]]
        self.did("POST", f"/destinations/{name}/token", token)

    def settings(self) -> None:
        for n in range(2):
            posted = {"settings": {"url": f"https://hooks.example/{n}"}}
            self.did("PUT", "/settings/notify", posted, if_match=self.api.tag("/settings/notify"))
        self.changed("/settings/notify", "DELETE")
        self.did("POST", "/settings/limits/take-over")

    def file(self) -> None:
        """Its objects are taken over one by one, or with a whole file."""
        for path in ("/destinations/acme", "/audiences/people"):
            self.did("POST", f"{path}/take-over")
        whole = {
            **self.world.yaml,
            "activations": {"main": {**self.world.yaml["activations"]["main"], "mode": "add_only"}},
        }
        self.did("POST", "/configuration/apply", json.dumps(whole).encode(), content_type="application/yaml")

    def syncs(self) -> None:
        self.connected("acme")
        for wish in ({}, {"allow_removals": 3}, {"resend": True}):
            self.api.finished(self.api("POST", "/activations/main/syncs", wish))
        self.api("POST", "/activations/main/syncs", {"new_snapshot": True})
        self.api.work()

    def privacy(self) -> None:
        self.api.finished(self.api("POST", "/receipts", {"values": ["ann@example.com"]}))
        self.did("POST", "/receipts/undo", {"values": ["ann@example.com"]})

    def ends(self) -> None:
        """As commands do, which work on what there is whoever describes it; and what is in a backup goes on."""
        ending.remove(self.app, None, "main", delete_segment=True)
        backup, home = self.world.folder / "backup", self.world.folder / "moved"
        self.api.door.backup(backup, "correct horse")
        key = read(self.world.environ()).secret_key
        moved = restore(backup, home, "move", passphrase="correct horse", secret_key=key, clock=self.world.clock)
        self.restored = moved.audit.latest(1)
        moved.close()


def _thinning(of: str) -> dict[str, Any]:
    return {"audience": "people", "destination": "acme", "mode": "remove_only", "segment_of": of}


@pytest.fixture
def walk(tmp_path: Path, logged: list[Any]) -> Iterator[Walk]:
    world = Bare(tmp_path)
    made = Walk(world)
    yield made
    made.api.close()
    world.close()


def writing() -> list[tuple[Path, range]]:
    """Every place of the product that writes to the log, as lines of a file."""
    calls = [
        (path, node)
        for path in sorted(ROOT.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".audit.add")
    ]
    return [(path, range(node.lineno, (node.end_lineno or node.lineno) + 1)) for path, node in calls]


def sides(entry: Entry) -> Sides:
    there = [side for side in ("before", "after") if entry.details.get(side)]
    return "both" if len(there) == 2 else "before" if "before" in there else "after" if there else ""


def test_every_action_is_written_down_with_before_and_after(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    add, from_where = Audit.add, set()

    def noting(self: Audit, *args: Any, **details: Any) -> None:
        caller = sys._getframe(1)
        from_where.add((Path(caller.f_code.co_filename), caller.f_lineno))
        add(self, *args, **details)

    monkeypatch.setattr(Audit, "add", noting)
    walk.all()
    places = writing()
    assert len(places) > 20
    for path, lines in places:
        assert any(file == path and line in lines for file, line in from_where), f"not walked: {path}:{lines.start}"
    entries = [*walk.app.store.audit.latest(1000), *walk.restored]
    seen = defaultdict(set)
    for entry in entries:
        seen[entry.what].add(sides(entry))
        if sides(entry) == "both":
            assert entry.details["before"] != entry.details["after"] or entry.what in ACTS_ALIKE, entry
    assert dict(seen) == ACTIONS
    written = json.dumps([[each.who, each.subject, each.details] for each in entries])
    assert [each for each in walk.secrets if each in written] == []


ACTS_ALIKE = {"seal again"}  # with the only key there is


def test_nothing_writes_to_the_log_beside_it() -> None:
    """A restore does, before there is a store."""
    named = {"schema.audit", 'tables["audit"]', "tables['audit']"}
    found = {str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if any(n in path.read_text() for n in named)}
    assert found == {"store/audit.py", "store/restore.py"}


# ── what is ordered of one sync ──────────────────────────────────────────────────────────────────────────────────
CARRIED_OUT = {  # what was written down when it was ordered, or nothing special
    ("app/jobs.py", "do"), ("app/sync.py", "sync"), ("app/sync.py", "_activity"), ("app/stream_sync.py", "flush"),
}  # fmt: skip


def ordering() -> Iterator[tuple[str, str, set[str]]]:
    """Every function that gives a sync a wish, or asks a worker to: file, name, all that it calls."""
    for path in sorted(ROOT.rglob("*.py")):
        for function in _functions(ast.parse(path.read_text())):
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            if any(_orders(each) for each in calls):
                yield str(path.relative_to(ROOT)), function.name, {ast.unparse(each.func) for each in calls}


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Those of a module and of its classes; what is inside one is part of it."""
    for node in tree.body:
        for one in node.body if isinstance(node, ast.ClassDef) else (node,):
            if isinstance(one, ast.FunctionDef):
                yield one


def _orders(call: ast.Call) -> bool:
    called = ast.unparse(call.func).rpartition(".")[2]
    if called == "_asked":
        return len(call.args) > 1 and ast.unparse(call.args[1]) == "'sync'"
    given = len(call.args) > 3 or any(each.arg == "wish" for each in call.keywords)
    return called in ("sync", "sync_one", "Sync", "StreamSync") and given


def test_every_way_to_order_something_of_a_sync_writes_it_down() -> None:
    ways = {(file, name): calls for file, name, calls in ordering()}
    assert ways.keys() == CARRIED_OUT | {("app/jobs.py", "ask_sync"), ("facade.py", "sync")}
    for way in ways.keys() - CARRIED_OUT:
        assert "orders.given" in ways[way], f"{way} gives an order that nobody writes down"
    asking = [path.name for path in ROOT.rglob("*.py") if ".jobs.ask(" in path.read_text()]
    assert asking == ["jobs.py"]


def test_what_an_entry_says(walk: Walk) -> None:
    walk.all()

    def last(what: str, subject: str) -> Any:
        (entry,) = walk.app.store.audit.latest(1, what=what, subjects=[subject])
        return entry.details["before"], entry.details["after"]

    assert last("upload list", "guests") == (
        {"file": "guests.csv", "bytes": 34, "rows": 2, "columns": 1},
        {"file": "more.csv", "bytes": 37, "rows": 1, "columns": 2},
    )
    assert last("delete list", "guests")[0]["rows"] == 1
    assert last("create token", "nightly")[1] == {
        "state": "works", "role": "Analyst", "scopes": ["View Segments"], "ends": 4e9,
    }  # fmt: skip
    assert last("revoke token", "nightly")[1]["state"] == "revoked"
    assert last("disable user", "moe")[0]["state"] == "works"
    assert last("enable user", "moe")[1]["state"] == "works"
    assert last("choose password", "root") == (None, {"role": "Administrator", "state": "works", "password": "set"})
    assert [side["password"] for side in last("choose password", "moe")] == ["set", "another"]
    file, taken = last("take over destination", "acme")
    assert [side.pop("managed_by") for side in (file, taken)] == ["the file", "the pages"]
    assert file == taken == {"ad_account": str(ACCOUNT)}
    file, taken = last("take over audience", "people")
    assert file["source"] == {"file": "people.csv"}
    assert taken["source"] == {"file": str(walk.world.folder / "people.csv")}
    file, taken = last("take over activation", "main")
    assert ("mode" in file, taken["mode"]) == (False, "add_only")
    assert last("change setting", "notify") == ({"url": "***"}, {"url": "*** (another)"})
    assert last("rename", "news") == (
        {"name": "news", "segment_name": "News"},
        {"name": "letters", "segment_name": "letters", "rename": "propagate"},
    )
    assert [side["segment_of"] for side in last("change activation", "follows")] == ["news", "letters"]
    assert last("remove", "main")[1]["linkedin_audience"] == "deleted"
    assert last("change role", "moe")[1]["role"] == Role.ANALYST
