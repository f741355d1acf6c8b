"""Who may do what on the pages and through the API: permissions under Adobe's names, held by roles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from guestlist.errors import PermissionMissing


class Permission(StrEnum):
    """Adobe Experience Platform's names for what people may do with destinations."""

    VIEW_DESTINATIONS = "View Destinations"
    MANAGE_DESTINATIONS = "Manage Destinations"
    ACTIVATE_DESTINATIONS = "Activate Destinations"
    VIEW_PROFILES = "View Profiles"
    VIEW_SEGMENTS = "View Segments"
    MANAGE_SEGMENTS = "Manage Segments"
    VIEW_IDENTITY_GRAPH = "View Identity Graph"
    VIEW_USER_ACTIVITY_LOG = "View User Activity Log"


class Role(StrEnum):
    """What a user or a token is."""

    ADMINISTRATOR = "Administrator"
    MARKETER = "Marketer"
    ANALYST = "Analyst"


_ANALYST = frozenset({Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS})
_MARKETER = _ANALYST | {
    Permission.ACTIVATE_DESTINATIONS,
    Permission.VIEW_PROFILES,
    Permission.MANAGE_SEGMENTS,
    Permission.VIEW_IDENTITY_GRAPH,
}
HOLDS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.MARKETER: _MARKETER,
    Role.ANALYST: _ANALYST,
}

CONNECT = (Permission.VIEW_DESTINATIONS, Permission.MANAGE_DESTINATIONS)
ACTIVATE = (
    Permission.VIEW_DESTINATIONS,
    Permission.ACTIVATE_DESTINATIONS,
    Permission.VIEW_PROFILES,
    Permission.VIEW_SEGMENTS,
)


@dataclass(frozen=True)
class Person:
    """Whoever asks for something: a signed-in user, an API token, or whoever has a shell on this machine (``LOCAL``).

    ``permissions`` may be fewer than the role's: a token can be narrowed down. ``is_token``: a person is told to have
    another made, since nobody can change it.
    """

    name: str
    role: Role
    permissions: frozenset[Permission]
    user_id: int | None = None
    is_token: bool = False

    def may(self, *needed: Permission) -> bool:
        """Whether they hold all of these."""
        return self.permissions.issuperset(needed)

    def need(self, *needed: Permission) -> None:
        """PermissionMissing names the first that they do not hold, and who can grant it."""
        for each in needed:
            if each not in self.permissions:
                raise PermissionMissing(
                    f"{self.name} has no permission to do this: it needs {each}, which {_holders(each)}. "
                    f"{self._remedy}",
                    str(each),
                )

    def need_administrator(self) -> None:
        """PermissionMissing for everybody else: users, tokens and settings are an Administrator's."""
        if self.role is not Role.ADMINISTRATOR or self.permissions != HOLDS[Role.ADMINISTRATOR]:
            raise PermissionMissing(
                f"{self.name} has no permission to do this: it needs the role {Role.ADMINISTRATOR}. {self._remedy}",
                str(Role.ADMINISTRATOR),
            )

    @property
    def _remedy(self) -> str:
        if self.is_token:
            return "An Administrator can make a token with it under Settings, API tokens."
        return "An Administrator can change the role under Settings, Users."

    @property
    def is_administrator(self) -> bool:
        """Whether ``need_administrator`` would pass."""
        return self.role is Role.ADMINISTRATOR and self.permissions == HOLDS[Role.ADMINISTRATOR]


def _holders(permission: Permission) -> str:
    roles = [str(role) for role, held in HOLDS.items() if permission in held]
    if len(roles) == 1:
        return f"the role {roles[0]} has"
    return f"the roles {', '.join(roles[:-1])} and {roles[-1]} have"


def whom_to_ask(*needed: Permission) -> str:
    """Who holds all of these: ``an Administrator``, ``an Administrator or a Marketer``."""
    roles = [role for role, held in HOLDS.items() if held.issuperset(needed)]
    return " or ".join(f"{'an' if role[0] in 'AEIOU' else 'a'} {role}" for role in roles)


def person(name: str, role: Role, user_id: int | None = None) -> Person:
    """Somebody with a role."""
    return Person(name, role, HOLDS[role], user_id)


def token(name: str, role: Role, scopes: Iterable[Permission] | None = None) -> Person:
    """A token with a role; ``scopes``: narrowed down to these."""
    held = HOLDS[role]
    return Person(f"token {name}", role, held if scopes is None else held.intersection(scopes), is_token=True)


LOCAL = person("local", Role.ADMINISTRATOR)
