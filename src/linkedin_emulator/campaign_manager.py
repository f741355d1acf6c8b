"""A small Campaign Manager: Plan > Audiences > Matched, as its users see it."""

import datetime as dt
import re
from dataclasses import dataclass

import msgspec

from linkedin_emulator.accounts import Account
from linkedin_emulator.pages import page
from linkedin_emulator.segments import SMALLEST, Segment
from linkedin_emulator.wire import Json, Reply, Request, form, html_reply
from linkedin_emulator.world import World

PAGE = re.compile(r"/campaignmanager/accounts/(\d+)/matched-audiences/?")
TONES = {"READY": "good", "BUILDING": "wait", "UPDATING": "wait", "ARCHIVED": "idle"}
SOURCES = {
    "DIRECT_API": "Direct API",
    "AGENCY_API": "Agency API",
    "PARTNER_API": "Partner API",
    "LIST_UPLOAD": "List upload",
    "LINKEDIN_BUSINESS_OBJECTIVE_BASED_AUDIENCES": "Predictive",
}
NONE = "–"


@dataclass(frozen=True)
class Row:
    """One audience as the table shows it."""

    id: int
    name: str
    kind: str
    source_id: str
    source: str
    status: str
    tone: str
    match_rate: str
    size: str
    note: str
    day: str
    time: str


def answer(world: World, request: Request) -> Reply:
    """The table of one account; without an account, its first one."""
    match = PAGE.fullmatch(request.path)
    if match is None:
        return _choose(world, request)
    account = world.accounts.by_id.get(int(match[1]))
    if account is None:
        values = {"title": "No such account", "problem": f"There is no ad account {match[1]}.", "remark": ""}
        return html_reply(404, page("problem.html", **values))
    segments = world.segments.of_account(world.config, account.id)
    rows = [row_of(world, one) for one in sorted(segments, key=lambda one: (-one.last_modified, -one.id))]
    accounts = sorted(world.accounts.by_id.values(), key=lambda one: one.id)
    now = world.clock.now()
    shown = {
        "account": account,
        "accounts": accounts,
        "rows": rows,
        "first_steps": [] if rows else first_steps(world, account, request.headers.get("host", "localhost:8888")),
        "limit": f"{world.config.segments_per_account:,}",
        "now": f"{_day(now)}, {_time(now)}",
    }
    return html_reply(200, page("audiences.html", root="../../..", **shown))


def first_steps(world: World, account: Account, host: str) -> list[tuple[str, str]]:
    """What to do where there is no audience yet: sentences, each with something to copy."""
    if account.test:
        return [("LinkedIn makes no segments on test accounts. Choose another account above.", "")]
    seed = {"segments": [{"account": account.id, "name": "Readers", "status": "READY"}]}
    if not any(number == account.id and user.role != "VIEWER" for (number, _), user in world.accounts.users.items()):
        role = {"account": account.id, "member": next(iter(world.oauth.people)), "role": "CAMPAIGN_MANAGER"}
        return [("Nobody may manage this account yet. Give somebody a role:", _curl(host, {"roles": [role]}))]
    return [
        ("Stream one: point a tool at this API, as the application 86emulator.", f"{host}/rest"),
        ("Or plant one:", _curl(host, seed)),
    ]


def _curl(host: str, seed: Json) -> str:
    return f"curl -X POST {host}/_emulator/seed -d '{msgspec.json.encode(seed).decode()}'"


def _day(at: float) -> str:
    day = dt.datetime.fromtimestamp(at, dt.UTC)
    return f"{day:%b} {day.day}, {day.year}"


def _time(at: float) -> str:
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%H:%M} UTC"


def _choose(world: World, request: Request) -> Reply:
    asked = form(request.query).get("account", "")
    known = sorted(world.accounts.by_id)
    account = int(asked) if asked.isdigit() and int(asked) in known else known[0]
    here = "campaignmanager/" if not request.path.endswith("campaignmanager/") else ""
    return Reply(302, {"location": f"{here}accounts/{account}/matched-audiences", "content-length": "0"})


def row_of(world: World, segment: Segment) -> Row:
    """One segment as Campaign Manager words it."""
    size, note = size_of(segment, rounded=world.config.round_audience)
    return Row(
        id=segment.id,
        name=segment.name,
        kind="Company list" if segment.audience.companies else "Contact list",
        source_id=segment.source_segment_id or "",
        source=SOURCES.get(segment.source_platform, segment.source_platform.replace("_", " ").capitalize()),
        status=segment.status.capitalize(),
        tone=TONES.get(segment.status, "bad"),
        match_rate=match_rate(segment, world.clock.now()),
        size=size,
        note=note,
        day=_day(segment.last_modified),
        time=_time(segment.last_modified),
    )


def match_rate(segment: Segment, now: float) -> str:
    """Matched of those pushed in within seven days; `<5%` when small."""
    inputs = segment.audience.inputs(now)
    if segment.status == "BUILDING" or not inputs:
        return NONE
    rate = 100 * segment.audience.matched(now) / inputs
    return "<5%" if rate < 5 else f"{round(rate)}%"


def size_of(segment: Segment, *, rounded: bool) -> tuple[str, str]:
    """The size and a remark: `<300` and "Audience too small" below the smallest that can be targeted."""
    if segment.status == "BUILDING":
        return NONE, "Ready within 48 hours"
    if segment.status in ("EXPIRED", "FAILED", "ERROR"):
        return NONE, "Cannot be used"
    if segment.status == "ARCHIVED":
        return "0", "Use it to bring it back"
    size = segment.audience_size(rounded=rounded)
    return (f"<{SMALLEST}", "Audience too small") if size == 0 else (f"{size:,}", "")
