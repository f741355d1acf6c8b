"""Every error of Guestlist, one class per reaction.

::

    GuestlistError                    one clear sentence: what happened, to what, why, what to do next
    ├── ConfigError                   the file, environment or command asks for what cannot be   exit 2
    │   ├── UnknownName               nothing of this name is here                              exit 2
    │   └── ChangedMeanwhile          somebody else changed it first; look again                exit 2
    ├── PermissionMissing(permission) whoever asks may not; says who can grant it               exit 2
    ├── SourceError                   a list cannot be read; nobody is removed                   exit 1
    │   └── StaleSource               it is older than the file allows; somebody is told at once exit 1
    ├── StoreError                    our own records are missing, damaged or of a newer version exit 1
    └── DeliveryError                 LinkedIn and we do not come together
        ├── TryAgain(after)           it will pass by itself; try after so many seconds
        │   └── TokenOutage           no usable token now, though the grant is alive
        ├── WaitsForLinkedIn(until)   a day limit; goes on by itself at that time                exit 5
        ├── NeedsPerson(label)        role, scope, approval, API version: someone must act       exit 3
        │   └── NeedsReauthorization  the grant is gone (two labels, see below)                  exit 3
        └── Refused(code)             LinkedIn will never accept this                            exit 1

What is expected (a rejected row, a refused element, a guard that waits) is a value, not an exception.
"""

from __future__ import annotations

REFRESH_TOKEN_EXPIRED = "Refresh Token Expired"  # noqa: S105 - a label people see, the field's own words
OAUTH_REFRESH_FAILED = "Oauth Refresh Failed"


class GuestlistError(Exception):
    """The base of all; its text is one sentence a person can act on, free of personal data."""

    exit_code = 1


class ConfigError(GuestlistError):
    """The file, the environment or the command asks for something that cannot be; ``place``: the keys that lead to it,
    where it is a value of the configuration.
    """

    exit_code = 2

    def __init__(self, message: str, place: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.place = place


class UnknownName(ConfigError):
    """Nothing of this name is here."""


class ChangedMeanwhile(ConfigError):
    """Somebody else changed it since it was read; look at it again, then decide."""


class Overtaken(ChangedMeanwhile):
    """The same, of one object that is there still."""


class PermissionMissing(GuestlistError):
    """Whoever asks may not do this; ``permission`` (or role) names what they lack."""

    exit_code = 2

    def __init__(self, message: str, permission: str) -> None:
        super().__init__(message)
        self.permission = permission


class SourceError(GuestlistError):
    """A list cannot be read. Nothing is sent and nobody is removed."""


class StaleSource(SourceError):
    """A list that is older than ``max_age``: treated as unreadable."""


class StoreError(GuestlistError):
    """Our own records are missing, damaged, locked or newer than this program."""


class DeliveryError(GuestlistError):
    """LinkedIn and we do not come together."""


class TryAgain(DeliveryError):
    """It will pass by itself: try again after ``after`` seconds."""

    def __init__(self, message: str, after: float = 1.0) -> None:
        super().__init__(message)
        self.after = after


class TokenOutage(TryAgain):
    """No usable token at the moment, though the grant is alive."""


class WaitsForLinkedIn(DeliveryError):
    """A day limit is used up; work goes on by itself at ``until`` (epoch seconds)."""

    exit_code = 5

    def __init__(self, message: str, until: float) -> None:
        super().__init__(message)
        self.until = until


class NeedsPerson(DeliveryError):
    """Someone must act (role, scope, LinkedIn's approval, API version); ``label`` names the state."""

    exit_code = 3

    def __init__(self, message: str, label: str) -> None:
        super().__init__(message)
        self.label = label


class NeedsReauthorization(NeedsPerson):
    """The grant is gone: ``label`` is ``Refresh Token Expired`` or ``Oauth Refresh Failed``."""


class Refused(DeliveryError):
    """LinkedIn refuses this for good; ``code`` is LinkedIn's constant where it gave one."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code
