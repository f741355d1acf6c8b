"""A whole installation with pages: a world with an emulated LinkedIn, users of every role, and browsers."""

from __future__ import annotations

from dataclasses import dataclass

from guestlist import job_worker
from guestlist.app import users
from guestlist.app.context import App
from guestlist.bootstrap import Web, open_web
from guestlist.configuration import Configuration
from guestlist.core.permissions import Role
from guestlist.facade import Guestlist
from tests.web.browser import ADDRESS, Browser
from tests.world import World

PASSWORD = "four words that nobody guesses"
NAMES = {Role.ADMINISTRATOR: "ann", Role.MARKETER: "ben", Role.ANALYST: "cleo"}


@dataclass
class Installed:
    world: World
    door: Guestlist
    web: Web

    @property
    def app(self) -> App:
        return self.door.app

    @property
    def configuration(self) -> Configuration:
        return self.door.configuration

    def browser(self) -> Browser:
        return Browser(self.web)

    def user(self, role: Role, name: str = "") -> str:
        name = name or NAMES[role]
        if self.app.store.users.get(name) is None:
            users.create(self.app, name, role, PASSWORD)
        return name

    def signed_in(self, role: Role = Role.ADMINISTRATOR, name: str = "") -> Browser:
        browser = self.browser().get("/sign-in")
        return browser.submit("Sign in", name=self.user(role, name), password=PASSWORD)

    def work(self) -> None:
        """What a worker would do with jobs that wait."""
        for job in self.app.store.jobs.open():
            job_worker.take_up(self.app, self.configuration.current, job)


def installed(world: World, address: str = ADDRESS) -> Installed:
    door = world.open()
    web = open_web(door.app, door.write_keys_of, (), door.configuration, address)
    return Installed(world, door, web)
