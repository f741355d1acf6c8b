"""``ports.Tokens``: the credential of one destination, refreshed once however many processes notice that it ended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from guestlist.errors import OAUTH_REFRESH_FAILED, REFRESH_TOKEN_EXPIRED, NeedsReauthorization, TryAgain
from guestlist.linkedin.oauth import OAuth
from guestlist.ports import Clock, Token

_EARLY = 60.0  # seconds before its end at which a token is refreshed without being asked


class SharedTokens:
    """Two callables hold the token (``load``, ``save``), one lock is shared by all processes of the store.

    ``oauth`` is None where no client id and secret are configured: the token then works until it ends.
    """

    def __init__(
        self,
        load: Callable[[], Token | None],
        save: Callable[[Token], None],
        lock: Callable[[], AbstractContextManager[object]],
        clock: Clock,
        oauth: OAuth | None = None,
    ) -> None:
        self._load = load
        self._save = save
        self._lock = lock
        self._clock = clock
        self._oauth = oauth

    def current(self) -> Token:
        """The token to use now; one that is about to end is refreshed first, if that is possible."""
        token = self._stored()
        left = token.expires_at - self._clock.now()
        if left > _EARLY or (left > 0 and not token.refresh_token):
            return token
        try:
            return self.refresh(token)
        except (TryAgain, NeedsReauthorization):
            if left > 0:
                return token
            raise

    def refresh(self, stale: Token) -> Token:
        """Under the lock: the token another process refreshed meanwhile, or a new one."""
        with self._lock():
            token = self._stored()
            if token.access_token != stale.access_token:
                return token
            fresh = self._refreshed(token)
            self._save(fresh)
            return fresh

    def _stored(self) -> Token:
        token = self._load()
        if token is None:
            text = "there is no authorisation yet: run `guestlist connect`"
            raise NeedsReauthorization(text, REFRESH_TOKEN_EXPIRED)
        return token

    def _refreshed(self, token: Token) -> Token:
        if not token.refresh_token:
            text = "the access token has ended and there is no refresh token: run `guestlist connect` again"
            raise NeedsReauthorization(text, REFRESH_TOKEN_EXPIRED)
        if self._oauth is None:
            names = "GUESTLIST_LINKEDIN_CLIENT_ID and GUESTLIST_LINKEDIN_CLIENT_SECRET"
            text = f"the token cannot be refreshed without a LinkedIn app: enter one under Settings, or set {names}"
            raise NeedsReauthorization(text, OAUTH_REFRESH_FAILED)
        return self._oauth.refresh(token)
