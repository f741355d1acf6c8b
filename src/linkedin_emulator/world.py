"""Everything there is on this LinkedIn."""

import random
from dataclasses import dataclass, field
from typing import Any

from linkedin_emulator.accounts import Account, Accounts, AccountUser, Role
from linkedin_emulator.clock import Clock
from linkedin_emulator.config import Config, changed
from linkedin_emulator.directory import Directory
from linkedin_emulator.faults import Faults
from linkedin_emulator.late import LateEffects
from linkedin_emulator.limits import Limits
from linkedin_emulator.oauth import App, OAuth, Person
from linkedin_emulator.requestlog import RequestLog
from linkedin_emulator.segments import Segments
from linkedin_emulator.tellings import Tellings

CLIENT_ID, CLIENT_SECRET = "86emulator", "emulator-secret"
MEMBER = "AbC123xyz"
ACCOUNT, VIEWED_ACCOUNT, TEST_ACCOUNT, FOREIGN_ACCOUNT = 516848833, 516848834, 516848835, 516848899


@dataclass(slots=True)
class Uploads:
    """Uploaded lists by media path."""

    owners: dict[str, int] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


class World:
    """The state of one emulator: nouns side by side, the same objects for every caller."""

    def __init__(self, *, seed: int = 0, clock: Clock | None = None, config: Config | None = None) -> None:
        self.seed = seed
        self.clock = clock or Clock()
        self.config = config or Config()
        self.dice = random.Random(seed)  # noqa: S311  reproducible on purpose
        self.directory = Directory(seed)
        self.oauth = OAuth(self.clock, self.dice)
        self.accounts = Accounts()
        self.segments = Segments(self.clock, self.directory)
        self.limits = Limits(self.clock)
        self.tellings = Tellings()
        self.late = LateEffects(self.clock)
        self.faults = Faults()
        self.log = RequestLog()
        self.uploads = Uploads()
        self.configure({})
        _settle(self)

    def configure(self, changes: dict[str, Any]) -> None:
        """Turn switches; what depends on them follows at once."""
        before = self.config
        self.config = changed(self.config, changes)
        config, any_form = self.config, self.config.company_forms == "any"
        self.directory.tune(config.match_fraction, config.opted_out_fraction, any_form=any_form)
        tuned = ("removal", "company_forms", "match_fraction", "opted_out_fraction")
        if any(getattr(before, name) != getattr(self.config, name) for name in tuned):
            self.recount()

    def recount(self) -> None:
        """Count every audience anew."""
        for segment in self.segments.by_id.values():
            segment.audience.recount(by_member=self.config.removal == "member")


def _settle(world: World) -> None:
    """The people, accounts and the application that are there from the start."""
    world.oauth.apps[CLIENT_ID] = App(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Guestlist")
    world.oauth.people[MEMBER] = Person(id=MEMBER)
    for account in (
        Account(id=ACCOUNT, name="Acme EMEA"),
        Account(id=VIEWED_ACCOUNT, name="Acme Agency view"),
        Account(id=TEST_ACCOUNT, name="Acme sandbox", test=True),
        Account(id=FOREIGN_ACCOUNT, name="Somebody else", reference="urn:li:organization:99"),
    ):
        world.accounts.by_id[account.id] = account
    roles: tuple[tuple[int, Role], ...] = (
        (ACCOUNT, "CAMPAIGN_MANAGER"),
        (VIEWED_ACCOUNT, "VIEWER"),
        (TEST_ACCOUNT, "CAMPAIGN_MANAGER"),
    )
    for number, role in roles:
        user = AccountUser(account=number, member=MEMBER, role=role, created=world.clock.now_ms())
        world.accounts.users[number, MEMBER] = user
