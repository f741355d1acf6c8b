"""LinkedIn's versioned API: headers, encoding, the token dialogue; one concern a layer, no waiting anywhere."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Mapping

import httpx2

from guestlist.core.delivery import Answer
from guestlist.core.identity import Kind
from guestlist.errors import GuestlistError, NeedsReauthorization, TokenOutage, TryAgain
from guestlist.linkedin import batches
from guestlist.linkedin.dialogue import Outcome, Refresh, dialogue
from guestlist.linkedin.exchange import Exchange, NoReply
from guestlist.linkedin.reactions import reaction
from guestlist.linkedin.replies import Reply
from guestlist.linkedin.restli import Value, query
from guestlist.linkedin.transport import Deadline, NetworkTransport, system_proxy
from guestlist.ports import Clock, Token, Tokens

_COLLECTION = {Kind.PEOPLE: "users", Kind.COMPANIES: "companies"}


class Client:
    """One credential on LinkedIn's API. Every call ends within ``timeout`` seconds, a refresh of the token apart.

    ``call`` raises (``guestlist.errors``); ``tell`` never does. Threads may share a client.
    """

    def __init__(
        self,
        api_url: str,
        version: str,
        tokens: Tokens,
        clock: Clock,
        *,
        timeout: float = 60.0,
        transport: httpx2.BaseTransport | None = None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.version = version
        self.dice = dice
        self._base = api_url.rstrip("/")
        self._tokens = tokens
        self._clock = clock
        self._exchange = Exchange(clock, timeout, transport or NetworkTransport(system_proxy(api_url)))
        self._doubted = ""
        self._lock = threading.Lock()

    @property
    def token(self) -> Token:
        """The token that would be used now."""
        return self._tokens.current()

    def close(self) -> None:
        """Close the kept connections."""
        self._exchange.close()

    def call(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Value] | None = None,
        body: bytes | None = None,
        *,
        restli_method: str = "",
        passing: Collection[int] = (),
    ) -> Reply:
        """A success, or a reply whose status is in ``passing``; everything else raises its reaction.

        ``path`` is below the API's base, already encoded; one that begins with ``/v2`` is below the host.
        """
        url = self._url(path) + (f"?{query(parameters)}" if parameters else "")
        try:
            outcome = self._converse(method, url, body, restli_method)
        except NoReply as error:
            error.after *= 0.5 + self.dice()
            raise
        reply = outcome.reply
        if 200 <= reply.status < 300 or reply.status in passing:
            return reply
        raise reaction(outcome, path.strip("/").split("/")[0].split("?")[0], self.version, self.dice)

    def tell(self, segment_id: str, members: Kind, body: bytes, count: int) -> Answer:
        """One BATCH_CREATE of ``count`` elements. The header is what makes it a batch: without it the framework
        reads a single CREATE and complains about missing fields (framework's routing table). Nobody to tell: no call.
        """
        started = self._clock.now()
        if count == 0:
            return Answer("answered", started, started, 200)
        url = self._url(f"/dmpSegments/{segment_id}/{_COLLECTION[members]}")
        try:
            outcome = self._converse("POST", url, body, "BATCH_CREATE")
        except NoReply as error:
            return batches.no_reply(error)
        except NeedsReauthorization as error:
            return batches.no_token(error, started, self._clock.now())
        except GuestlistError as error:  # no token at the moment: nothing was told
            return Answer("not_sent", started, self._clock.now(), text=str(error))
        return batches.answer(outcome, count, self.version)

    def _converse(self, method: str, url: str, body: bytes | None, restli_method: str) -> Outcome:
        """Perform the token dialogue within one deadline."""
        deadline = self._exchange.deadline()
        token = self._current()
        talk = dialogue(token, doubted=token.access_token == self._doubted)
        step = next(talk)
        try:
            while True:
                if isinstance(step, Refresh):
                    step = talk.send(self._refreshed(step.stale, deadline))
                else:
                    headers = self._headers(step.token, body, restli_method)
                    step = talk.send(self._exchange.send(method, url, headers, body, deadline))
        except StopIteration as end:
            outcome: Outcome = end.value
            self._remember(outcome)
            return outcome

    def _headers(self, token: Token, body: bytes | None, restli_method: str) -> dict[str, str]:
        headers = {
            "Authorization": f"Bearer {token.access_token}",
            "LinkedIn-Version": self.version,
            "X-Restli-Protocol-Version": "2.0.0",
        }
        if restli_method:
            headers["X-RestLi-Method"] = restli_method
        if body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _current(self) -> Token:
        try:
            return self._tokens.current()
        except TryAgain as error:
            raise TokenOutage(str(error), error.after) from None

    def _refreshed(self, stale: Token, deadline: Deadline) -> Token:
        try:
            fresh = self._tokens.refresh(stale)
        except TryAgain as error:
            raise TokenOutage(str(error), error.after) from None
        with self._lock:
            self._doubted = fresh.access_token
        if deadline.left() < deadline.seconds / 2:
            raise TokenOutage("refreshing the token took too long to go on at once", 0.0)
        return fresh

    def _remember(self, outcome: Outcome) -> None:
        if outcome.reply.status != 401 and outcome.token.access_token == self._doubted:
            with self._lock:
                self._doubted = ""

    def _url(self, path: str) -> str:
        base = self._base.removesuffix("/rest") if path.startswith("/v2/") else self._base
        return base + path
