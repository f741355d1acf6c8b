"""What each operation of the API needs: the one table. An operation that is not in it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guestlist.core.permissions import ACTIVATE, CONNECT, Permission, Person


@dataclass(frozen=True)
class Needs:
    """Permissions, all of them; or an Administrator."""

    permissions: tuple[Permission, ...] = ()
    administrator: bool = False

    def check(self, person: Person) -> None:
        """PermissionMissing says which, and who can grant it."""
        if self.administrator:
            person.need_administrator()
        person.need(*self.permissions)

    def __str__(self) -> str:
        return "the role Administrator" if self.administrator else ", ".join(self.permissions)


_DESTINATIONS = Needs((Permission.VIEW_DESTINATIONS,))
_CONNECT = Needs(CONNECT)
_SEGMENTS = Needs((Permission.VIEW_SEGMENTS,))
_AUDIENCES = Needs((Permission.VIEW_SEGMENTS, Permission.MANAGE_SEGMENTS))
_LOOK = Needs((Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS))
_MEMBERS = Needs((Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS, Permission.VIEW_PROFILES))
_ACTIVATE = Needs(ACTIVATE)
_LOG = Needs((Permission.VIEW_USER_ACTIVITY_LOG,))
_ACTIVATION_LOG = Needs((Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS, Permission.VIEW_USER_ACTIVITY_LOG))
_ADMINISTRATOR = Needs(administrator=True)


def _all(path: str, needs: Needs, methods: str) -> Iterator[tuple[str, Needs]]:
    yield from ((f"{method} {path}", needs) for method in methods.split())


NEEDS: dict[str, Needs] = dict(
    (
        *_all("/destinations", _DESTINATIONS, "GET"),
        *_all("/destinations", _CONNECT, "POST"),
        *_all("/destinations/{name}", _DESTINATIONS, "GET"),
        *_all("/destinations/{name}", _CONNECT, "PUT PATCH DELETE"),
        *_all("/destinations/{name}/take-over", _CONNECT, "POST"),
        *_all("/destinations/{name}/rename", _CONNECT, "POST"),
        *_all("/destinations/{name}/authorization", _CONNECT, "POST"),
        *_all("/destinations/{name}/authorization/code", _CONNECT, "POST"),
        *_all("/destinations/{name}/authorization/reuse", _CONNECT, "POST"),
        *_all("/destinations/{name}/token", _CONNECT, "POST"),
        *_all("/destinations/{name}/checks", _CONNECT, "POST"),
        *_all("/destinations/{name}/ad-accounts", _CONNECT, "GET"),
        *_all("/destinations/{name}/events", _LOOK, "GET"),
        *_all("/destinations/{name}/runs", _LOOK, "GET"),
        *_all("/sign-ins", _CONNECT, "POST"),
        *_all("/sign-ins/code", _CONNECT, "POST"),
        *_all("/sign-ins/reuse", _CONNECT, "POST"),
        *_all("/sign-ins/{handle}", _CONNECT, "GET"),
        *_all("/sign-ins/{handle}/destinations", _CONNECT, "POST"),
        *_all("/audiences", _SEGMENTS, "GET"),
        *_all("/audiences", _AUDIENCES, "POST"),
        *_all("/audiences/{name}", _SEGMENTS, "GET"),
        *_all("/audiences/{name}/sample", _SEGMENTS, "GET"),
        *_all("/audiences/{name}", _AUDIENCES, "PUT PATCH DELETE"),
        *_all("/audiences/{name}/take-over", _AUDIENCES, "POST"),
        *_all("/audiences/{name}/live", _SEGMENTS, "GET"),
        *_all("/audiences/{name}/columns", _SEGMENTS, "GET"),
        *_all("/audiences/{name}/mapping-trials", _ACTIVATE, "POST"),
        *_all("/audiences/{name}/last-event", _ACTIVATE, "GET"),
        *_all("/uploads", _SEGMENTS, "GET"),
        *_all("/uploads/{name}", _SEGMENTS, "GET"),
        *_all("/uploads/{name}", _AUDIENCES, "PUT DELETE"),
        *_all("/event-trials", _LOOK, "POST"),
        *_all("/event-trials/sample", _LOOK, "GET"),
        *_all("/plans", _ACTIVATE, "POST"),
        *_all("/activations", _LOOK, "GET"),
        *_all("/activations", _ACTIVATE, "POST"),
        *_all("/activation-sets", _ACTIVATE, "POST"),
        *_all("/activations/{name}", _LOOK, "GET"),
        *_all("/activations/{name}", _ACTIVATE, "PUT PATCH DELETE"),
        *_all("/activations/{name}/take-over", _ACTIVATE, "POST"),
        *_all("/activations/{name}/pause", _ACTIVATE, "POST"),
        *_all("/activations/{name}/resume", _ACTIVATE, "POST"),
        *_all("/activations/{name}/rename", _ACTIVATE, "POST"),
        *_all("/activations/{name}/plans", _ACTIVATE, "POST"),
        *_all("/activations/{name}/syncs", _ACTIVATE, "POST"),
        *_all("/activations/{name}/runs", _LOOK, "GET"),
        *_all("/activations/{name}/events", _LOOK, "GET"),
        *_all("/activations/{name}/rejected", _MEMBERS, "GET"),
        *_all("/activations/{name}/explain", _MEMBERS, "POST"),
        *_all("/activations/{name}/growth", _LOOK, "GET"),
        *_all("/activations/{name}/counts", _LOOK, "GET"),
        *_all("/activations/{name}/removals", _ACTIVATE, "GET"),
        *_all("/activations/{name}/mapping", _LOOK, "GET"),
        *_all("/activations/{name}/mapping", _ACTIVATE, "PUT"),
        *_all("/activations/{name}/duplicates", _ACTIVATE, "POST"),
        *_all("/activations/{name}/audit", _ACTIVATION_LOG, "GET"),
        *_all("/home", _LOOK, "GET"),
        *_all("/needs", _LOOK, "GET"),
        *_all("/dates", _LOOK, "GET"),
        *_all("/runs", _LOOK, "GET"),
        *_all("/runs/{number}", _LOOK, "GET"),
        *_all("/events", _LOOK, "GET"),
        *_all("/jobs", _DESTINATIONS, "GET"),
        *_all("/jobs/{number}", _DESTINATIONS, "GET"),
        *_all("/receipts", _MEMBERS, "GET"),
        *_all("/receipts/{number}", _MEMBERS, "GET"),
        *_all("/receipts", _ACTIVATE, "POST"),
        *_all("/receipts/undo", _ACTIVATE, "POST"),
        *_all("/receipts/{number}/undo", _ACTIVATE, "POST"),
        *_all("/suppression-lists", _ACTIVATE, "POST"),
        *_all("/suppression-lists/{number}", _ACTIVATE, "GET DELETE"),
        *_all("/suppression-lists/{number}/survey", _ACTIVATE, "POST"),
        *_all("/suppression-lists/{number}/forget", _ACTIVATE, "POST"),
        *_all("/audit", _LOG, "GET"),
        *_all("/write-keys", _ADMINISTRATOR, "GET POST"),
        *_all("/write-keys/{name}", _ADMINISTRATOR, "DELETE"),
        *_all("/users", _ADMINISTRATOR, "GET POST"),
        *_all("/users/{name}", _ADMINISTRATOR, "GET PATCH"),
        *_all("/users/{name}/link", _ADMINISTRATOR, "POST"),
        *_all("/roles", _ADMINISTRATOR, "GET"),
        *_all("/tokens", _ADMINISTRATOR, "GET POST"),
        *_all("/tokens/{name}", _ADMINISTRATOR, "DELETE"),
        *_all("/linkedin-app", _ADMINISTRATOR, "GET PUT DELETE"),
        *_all("/encryption", _ADMINISTRATOR, "GET"),
        *_all("/encryption/seal", _ADMINISTRATOR, "POST"),
        *_all("/retention", _ADMINISTRATOR, "GET"),
        *_all("/settings", _ADMINISTRATOR, "GET"),
        *_all("/settings/{name}", _ADMINISTRATOR, "GET PUT DELETE"),
        *_all("/settings/notify/test", _ADMINISTRATOR, "POST"),
        *_all("/settings/{name}/take-over", _ADMINISTRATOR, "POST"),
        *_all("/configuration/export", _ADMINISTRATOR, "GET"),
        *_all("/configuration/apply", _ADMINISTRATOR, "POST"),
    )
)
