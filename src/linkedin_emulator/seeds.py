"""What a test plants: applications, members, accounts, roles, known people and companies, segments."""

from collections.abc import Mapping
from typing import Any

import msgspec

from linkedin_emulator import identifiers
from linkedin_emulator.accounts import Account, AccountUser
from linkedin_emulator.directory import Known
from linkedin_emulator.elements import Company, User
from linkedin_emulator.oauth import App, Person
from linkedin_emulator.wire import Json
from linkedin_emulator.world import World


class KnownSeed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Someone LinkedIn knows, by several identifiers."""

    id: str
    identifiers: list[str]
    opted_out: bool = False
    headcount: int = 1


class SegmentSeed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A segment that is there already; `users` and `companies` are elements as in the API."""

    account: int
    name: str
    type: str = "USER"
    source_platform: str = msgspec.field(default="DIRECT_API", name="sourcePlatform")
    source_segment_id: str | None = msgspec.field(default=None, name="sourceSegmentId")
    description: str | None = None
    destination: bool = True
    status: str | None = None
    age: float = 86_400.0
    users: list[User] = []
    companies: list[Company] = []


class Seeds(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /_emulator/seed`."""

    apps: list[App] = []
    members: list[Person] = []
    accounts: list[Account] = []
    roles: list[AccountUser] = []
    directory: list[KnownSeed] = []
    segments: list[SegmentSeed] = []


def plant(world: World, data: Mapping[str, Any]) -> Json:
    """Add everything given; the ids of new segments are returned in their order."""
    seeds = msgspec.convert(data, Seeds)
    _check_roles(world, seeds)
    _check_segments(seeds)
    world.oauth.apps |= {app.client_id: app for app in seeds.apps}
    world.oauth.people |= {member.id: member for member in seeds.members}
    world.accounts.by_id |= {account.id: account for account in seeds.accounts}
    world.accounts.users |= {(role.account, role.member): role for role in seeds.roles}
    for known in seeds.directory:
        member = Known(known.id, known.opted_out, known.headcount)
        world.directory.seed(member, map(identifiers.read, known.identifiers))
    if seeds.directory:
        world.recount()
    return {"segments": [_segment(world, seed) for seed in seeds.segments]}


def _check_roles(world: World, seeds: Seeds) -> None:
    accounts = world.accounts.by_id.keys() | {account.id for account in seeds.accounts}
    members = world.oauth.people.keys() | {member.id for member in seeds.members}
    for role in seeds.roles:
        if role.account not in accounts:
            raise ValueError(f"a role names the ad account {role.account}, which is not there; seed it in `accounts`")
        if role.member not in members:
            raise ValueError(f"a role names the member {role.member}, who is not there; seed them in `members`")


def _check_segments(seeds: Seeds) -> None:
    for seed in seeds.segments:
        if seed.users and seed.companies:
            raise ValueError(f"the segment {seed.name!r} has `users` and `companies`: give it one of them")


def _segment(world: World, seed: SegmentSeed) -> int:
    segment = world.segments.create(
        world.config, account=seed.account, name=seed.name, kind=seed.type, platform=seed.source_platform
    )
    segment.source_segment_id, segment.description = seed.source_segment_id, seed.description
    now = world.clock.now()
    segment.created = segment.status_since = now - seed.age
    if seed.destination:
        world.segments.add_destination(segment)
    elements: list[User] | list[Company] = seed.users or seed.companies
    changes = [(element.action == "ADD", element.keys(world.config)) for element in elements]
    if changes:
        segment.receive(changes, now)
    if seed.status is not None:
        segment.set_status(seed.status, now)
    return segment.id
