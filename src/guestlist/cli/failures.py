"""What a person is told when something goes wrong or is interrupted: one sentence, and an exit code."""

from __future__ import annotations

import os
import re
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from guestlist.cli.output import say
from guestlist.errors import GuestlistError

_FAILED, _USAGE = 1, 2
_PATIENCE = 5.0  # seconds for what must be put down in order, after somebody asked to stop
_ADDRESS = re.compile(r"[^\s@<>\"']+@(?=[^\s@]+\.)")


def told(error: Exception, debug: bool) -> int:
    """Say it in one sentence; the exit code. The traceback only for those who asked, addresses masked."""
    if debug and not isinstance(error, typer.TyperException | typer.Abort):
        say(_ADDRESS.sub("***@", "".join(traceback.format_exception(error))).rstrip())
    sentence, code = _explained(error)
    say(sentence)
    return code


def _explained(error: Exception) -> tuple[str, int]:
    if isinstance(error, GuestlistError):
        return f"Error: {sentence(str(error))}", error.exit_code
    if isinstance(error, typer.Abort):
        return "Nothing was done.", _FAILED
    if isinstance(error, typer.TyperException):
        return f"Error: {error.format_message().rstrip('.')}.{_hint(error)}", _USAGE
    if isinstance(error, OSError) and error.strerror:
        return f"Error: {error.strerror}{f': {error.filename}' if error.filename else ''}.", _FAILED
    kind = type(error).__name__
    text = f"Error: Something unexpected happened ({kind}); run it again with GUESTLIST_DEBUG=1 to see where."
    return text, _FAILED


def sentence(text: str) -> str:
    """With a capital where it begins with a word (not with a name or a path), and a full stop."""
    first = text.split(" ", 1)[0]
    begun = text[0].upper() + text[1:] if first.isalpha() and first.islower() else text
    return begun if begun.endswith((".", "!", "?", "`")) else f"{begun}."


def _hint(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f" See `{context.command_path} --help`." if context is not None else ""


_gentle: list[Callable[[], None]] = []


@contextmanager
def ending_gently(stop: Callable[[], None]) -> Iterator[None]:
    """Within, the first signal calls ``stop`` instead of interrupting: for work that then ends by itself, and well."""
    _gentle.append(stop)
    try:
        yield
    finally:
        _gentle.pop()


class Signals:
    """Ctrl-C and SIGTERM end a command promptly. Every step of the line may be interrupted and run again."""

    def __init__(self) -> None:
        self._caught = 0
        self._gently = False

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process that a signal ended; 0: none came."""
        return 128 + self._caught if self._caught and not self._gently else 0

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Turn both into KeyboardInterrupt within; outside the main thread nothing can be heard."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._caught_one) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _caught_one(self, number: int, frame: FrameType | None) -> None:
        if self._caught:
            os._exit(128 + number)
        self._caught, self._gently = number, bool(_gentle)
        say("Interrupted. Nothing is lost: run the same command again and it goes on.")
        patience = threading.Timer(_PATIENCE, os._exit, (128 + number,))
        patience.daemon = True
        patience.start()
        if not _gentle:
            raise KeyboardInterrupt
        _gentle[-1]()
