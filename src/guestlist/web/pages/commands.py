"""What somebody is told to type on a command line, as it is done on the pages."""

from __future__ import annotations

import re

REMOVE = "remove it under its Settings"
_DONE = tuple(
    (re.compile(typed), done)
    for typed, done in (
        (r"connected: run `guestlist connect[^`]*`", "connected: somebody has to connect it under Destinations"),
        (
            r"Authorise again with all of them: `guestlist connect`",
            "Somebody has to authorize it again with all of them, under Destinations",
        ),
        (
            r"(?:run )?`guestlist connect[^`]*`(?: again)?",
            "somebody has to authorize it again under Destinations",
        ),
        (r"run `guestlist sync[^`]*`(?: again)?", "press Run now"),
        (r"If that is right: `guestlist sync[^`]*`", "If that is right, somebody has to let them leave"),
        (r"if that is its new name, run `guestlist rename '[^`]*`, else ", ""),
        (
            r"end it with `guestlist remove[^`]*`, or keep it under another name with `guestlist rename[^`]*`, then "
            r"sync again",
            f"say the former again, or {REMOVE} and activate it anew",
        ),
        (
            r"end it with `guestlist remove[^`]*`, or keep it with `guestlist rename[^`]*`",
            f"say the former again, or {REMOVE} and activate it anew",
        ),
        (
            r"end what feeds the former, with `guestlist remove[^`]*`",
            "remove what feeds the former, under its Settings",
        ),
        (r"check it first, with `guestlist check[^`]*`", "check it first, with Check now under Destinations"),
        (
            r"end one with `guestlist remove[^`]*--delete-segment`",
            "remove an activation and its LinkedIn audience too, under its Settings",
        ),
        (r"`guestlist remove[^`]*` ends it for good", "Remove ends it for good"),
        (r"add one, or write a new file with `guestlist init[^`]*`", "add one under Activations"),
        (r"`guestlist users list` shows all", "Settings, Users shows all"),
        (r"`guestlist tokens list` shows all", "Settings, API tokens shows all"),
        (r"`guestlist keys list` shows all", "Settings, Write keys shows all"),
    )
)


def on_pages(text: str) -> str:
    """The same with what is done on the pages in place of commands; one that no page does stays."""
    for typed, done in _DONE:
        text = typed.sub(done, text)
    return text
