"""``python -m guestlist.planner.child``: one request on standard input, progress and the answer on standard output.

It is nice to the rest of the machine, writes files for its owner only, and ends at once when its parent is gone.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any, BinaryIO

from guestlist.errors import GuestlistError
from guestlist.planner import frames

NICE = 15


def main() -> None:
    """Answer one request."""
    os.umask(0o077)
    os.nice(NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    parent, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may speak on standard output
    request = frames.receive(parent)
    if request is None:
        return
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    word, (body,) = request
    try:
        frames.send(answers, "done", _answer(word, frames.decoded(body, frames.REQUESTS[word]), answers))
    except GuestlistError as error:
        frames.send(answers, "error", frames.name_of(error), str(error))
    except Exception as error:  # whatever it is, its text may hold data
        text = f"Planning failed ({type(error).__name__}); nothing was changed."
        frames.send(answers, "error", GuestlistError.__name__, text)


def _answer(word: str, request: Any, answers: BinaryIO) -> Any:
    from guestlist.planner.duck import DuckDBPlanner  # noqa: PLC0415 - after the watch on the parent has begun

    planner = DuckDBPlanner()
    if isinstance(request, frames.MergeRequest):
        return planner.merge(request.ledger, request.folder)
    if isinstance(request, frames.FindRequest):
        return planner.find(request.ledger, request.ids, request.owners, request.groups, request.sample)
    if word == "fold":
        return planner.fold(request)
    return planner.plan(request, lambda what, done, of: frames.send(answers, "progress", what, done, of))


def _leave_with_parent() -> None:
    """The pipe ends when the parent does, however it dies."""
    os.read(0, 1)  # past the buffer: its lock would be missed when the interpreter ends
    os._exit(1)


if __name__ == "__main__":
    main()
