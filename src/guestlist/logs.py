"""How long-running commands speak: one JSON object a line, or words for a person who looks on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from structlog import processors


def configure(lines: Callable[..., Any] | None = None) -> None:
    """On standard error, through ``lines`` (a logger factory of structlog's) where nobody looks on. Entries hold names,
    numbers and sentences of ours; never an event, an address, a key.
    """
    if sys.stderr.isatty():
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
        return
    render = processors.JSONRenderer(lambda entry, **_: msgspec.json.encode(entry))
    structlog.configure(
        processors=[processors.add_log_level, processors.TimeStamper("iso"), render],
        logger_factory=lines or structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
