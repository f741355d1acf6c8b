"""Serves one request of LinkedIn's own, through whatever fault is queued for it."""

import dataclasses
from collections.abc import Callable

from linkedin_emulator import errors, faults, gateway, oauth_http, uploads, wordings
from linkedin_emulator.faults import Effect, Elements
from linkedin_emulator.routing import Call
from linkedin_emulator.tellings import Arrival
from linkedin_emulator.wire import Reply, Request, json_reply
from linkedin_emulator.world import World

Later = Callable[[Callable[[], None]], None]
"""Runs something with the emulator's lock held."""


@dataclasses.dataclass(slots=True)
class Work:
    """One request on its way: first admitted, then carried out, perhaps much later."""

    world: World
    request: Request
    arrival: Arrival
    elements: Elements
    call: Call | None = None

    def admit(self) -> Callable[[], Reply]:
        """Check the request; the effect is what is returned."""
        if self.request.path.startswith(("/rest/", "/v2/")):
            call = self.call = gateway.admit(self.world, self.request, self.arrival, self.elements)
            return lambda: gateway.carry_out(self.world, call)
        if self.request.path.startswith("/oauth/v2/"):
            return lambda: oauth_http.answer(self.world, self.request)
        if self.request.path.startswith("/ambry/"):
            return lambda: uploads.answer(self.world, self.request)
        raise errors.coded(404, "RESOURCE_NOT_FOUND", f"No such path: {self.request.path}")

    def run(self) -> Reply:
        """Admit and carry out."""
        return self.settle(self._through)

    def _through(self) -> Reply:
        return self.admit()()

    def settle(self, act: Callable[[], Reply]) -> Reply:
        """Act; an error of LinkedIn's is a reply too."""
        try:
            return act()
        except errors.LinkedInError as error:
            return self.refused(error)

    def refused(self, error: errors.LinkedInError) -> Reply:
        """An error as a reply, in the words that the switches choose."""
        worded = wordings.reworded(self.world.config, error, self.call.permission if self.call else "")
        return gateway.error_reply(self.request, worded)

    def traced(self, reply: Reply) -> Reply:
        """The reply with the ids that LinkedIn's support asks for; only the API sends them."""
        if not self.request.path.startswith(("/rest/", "/v2/")):
            return reply
        trace = f"{self.world.seed:04x}{self.arrival.number:012x}"
        ids = {"x-li-fabric": "emulator", "x-li-pop": "emulator", "x-li-proto": "http/1.1", "x-li-uuid": trace}
        ids["x-li-request-id"] = trace
        return dataclasses.replace(reply, headers={**ids, **reply.headers})


def answer(world: World, request: Request, arrival: Arrival, later: Later) -> Reply:
    """The reply, with the fault that is queued for this request, if any."""
    fault = world.faults.pick(request, _minted_ago(world, request))
    effect = fault.effect if fault else None
    work = Work(world, request, arrival, _on_elements(effect))
    if isinstance(effect, faults.Timeout):
        reply = _timed_out(work, effect, later)
    else:
        try:
            reply = work.traced(_disturbed(work, effect))
        finally:
            world.tellings.finish(arrival)
    world.log.add(
        request,
        reply,
        at=arrival.at,
        fault=fault.kind if fault else "",
        member=work.call.member if work.call else "",
        elements=work.call.told if work.call else None,
    )
    return reply


def _on_elements(effect: Effect | None) -> Elements:
    if isinstance(effect, faults.RefuseElements):
        return Elements(refuse=effect)
    if isinstance(effect, faults.DropElements):
        return Elements(drop=effect)
    return faults.UNTOUCHED


def _minted_ago(world: World, request: Request) -> float | None:
    bearer = gateway.bearer_of(request)
    token = world.oauth.access.get(bearer) if bearer else None
    return world.clock.now() - token.created_at if token else None


def _disturbed(work: Work, effect: Effect | None) -> Reply:
    match effect:
        case faults.Status(after=after):
            if after:
                work.run()
            return _instead(effect)
        case faults.Reset(when="before"):
            return Reply(0, fault="reset")
        case faults.Reset():
            return dataclasses.replace(work.run(), fault="reset")
        case faults.Truncate():
            return dataclasses.replace(work.run(), fault="truncate")
        case faults.Delay(seconds=seconds):
            return dataclasses.replace(work.run(), delay=seconds)
        case faults.ExpiredToken() | faults.Propagation(error="expired"):
            return work.refused(errors.expired_token())
        case faults.RevokedToken() | faults.Propagation():
            return work.refused(errors.revoked_token())
        case _:
            return work.run()


def _instead(effect: faults.Status) -> Reply:
    if effect.body is None:
        return Reply(effect.status, effect.headers)
    if isinstance(effect.body, str):
        return Reply(effect.status, {"content-type": "text/plain", **effect.headers}, effect.body.encode())
    return json_reply(effect.status, effect.body, effect.headers)


def _timed_out(work: Work, effect: faults.Timeout, later: Later) -> Reply:
    """Silence for the caller; the effect, if it is admitted and meant to land, waits for its time."""
    world, arrival = work.world, work.arrival
    silence = Reply(504, delay=effect.hold, fault="reset")
    try:
        act = work.admit()
    except errors.LinkedInError:
        act = None
    if act is None or effect.lands_after is None:
        world.tellings.finish(arrival)
        return silence
    carry_out = act

    def land() -> None:
        work.settle(carry_out)
        world.tellings.finish(arrival)

    pending = world.late.hold(land, effect.lands_after, effect.clock)
    return dataclasses.replace(silence, abandoned=lambda: later(lambda: world.late.release(pending)))
