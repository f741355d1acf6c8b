"""A small Campaign Manager: Plan > Audiences > Matched, as its users see it."""

from linkedin_emulator.wire import Reply, Request, html_reply
from linkedin_emulator.world import World


def answer(world: World, request: Request) -> Reply:
    """Serve a page."""
    return html_reply(200, "<!doctype html><title>Campaign Manager</title>")
