"""The conversation about the token: a pure generator, no clock, no network.

It yields what to do and is sent what came of it, so "try; on 401 refresh once; try again" reads from top to bottom
and is tested with ``next()`` and ``.send()``. LinkedIn's rules behind it:

* 65601 (revoked), 65602 (expired) and 65600 (unknown) on a token minted within 30 s pass by themselves (two public
  clients measured it; not documented): such a 401 is returned, the caller tries again later.
* Any other 401: refresh once, say it again. A second 401 means that the grant is gone.
* A token that came out of such a refresh and was never accepted since is *doubted*: refreshing it again would only
  go round in circles.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from guestlist.linkedin.replies import PROPAGATION, Reply, is_about_token, of_reply
from guestlist.ports import Token

_DOUBT = 3600.0  # seconds: an older token that is refused has simply had its day


@dataclass(frozen=True, repr=False)  # a token must not get into a log
class Say:
    """Send the request with this token; answer with its Reply."""

    token: Token


@dataclass(frozen=True, repr=False)  # a token must not get into a log
class Refresh:
    """Get another token than this; answer with it."""

    stale: Token


@dataclass(frozen=True, repr=False)  # a token must not get into a log
class Outcome:
    """The last reply and the token it was given to."""

    reply: Reply
    token: Token

    @property
    def propagating(self) -> bool:
        """The 401 of a token so young that LinkedIn may not know it everywhere."""
        young = self.reply.ended_at - self.token.minted_at < PROPAGATION
        return young and is_about_token(of_reply(self.reply))

    @property
    def rejected(self) -> bool:
        """A 401 that no waiting will cure."""
        return self.reply.status == 401 and not self.propagating


def dialogue(token: Token, doubted: bool = False) -> Generator[Say | Refresh, Any, Outcome]:
    """Say it; if the token is rejected, refresh once and say it again."""
    first = Outcome((yield Say(token)), token)
    if not first.rejected or (doubted and first.reply.ended_at - token.minted_at < _DOUBT):
        return first
    fresh = yield Refresh(token)
    return Outcome((yield Say(fresh)), fresh)
