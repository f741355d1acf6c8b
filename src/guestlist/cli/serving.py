"""Events in: the HTTP server with its worker, and the keys that senders need."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Annotated

import typer

from guestlist.cli import output
from guestlist.cli.doors import opened
from guestlist.cli.failures import ending_gently
from guestlist.cli.options import DEFAULT_FILE, File, Json
from guestlist.errors import ConfigError

if TYPE_CHECKING:
    from guestlist.bootstrap import Web
    from guestlist.cli.companion import Companion
    from guestlist.facade import Guestlist

_HEADING = "Take events"
_WORKER_ENDS = 2.0  # seconds for a worker to put down what it does, once the last request is answered

keys = typer.Typer(help="Write keys: who may send events.", no_args_is_help=True, rich_markup_mode=None)
KeyName = Annotated[str, typer.Argument(metavar="NAME", help="What it is called here.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """The commands of this page."""
    app.command(rich_help_panel=_HEADING)(serve)
    app.add_typer(keys, name="keys", rich_help_panel=_HEADING)


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="0: a free one.")] = 8000,
    file: File = DEFAULT_FILE,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Whether to run a worker beside it; another may run elsewhere.")
    ] = True,
) -> None:
    """Serve the pages, take events, keep audiences in step.

    Opens without any file: the pages are how one begins, and the first start prints the link that sets them up. One
    process answers browsers and Segment's and RudderStack's SDKs and webhooks; a worker beside it does the rest. An
    event is acknowledged once it is on disk, encrypted. There is no TLS here: put a proxy in front where others can
    listen.
    """
    with opened(file) as door:
        from guestlist import bootstrap  # noqa: PLC0415 - a third of a second that --help does not pay

        try:
            from guestlist.web.server import address_of, listen  # noqa: PLC0415 - needs the extra
        except ModuleNotFoundError as error:
            raise ConfigError(f"Serving needs the extra ({error.name}): pip install 'guestlist[serve]'.") from None

        door.configuration.may_be_empty = True
        with listen(host, port) as listening:
            address = door.app.settings.public_url or address_of(listening)
            web = bootstrap.open_web(door.app, door.write_keys_of, (), door.configuration, address)
            worker = _worker(file) if with_worker else None
            try:
                _take(door, web, worker, listening)
            finally:
                web.close()
                if worker is not None:
                    worker.stop()
                    worker.wait(_WORKER_ENDS)


def _take(door: Guestlist, web: Web, worker: Companion | None, listening: socket) -> None:
    """Until a signal comes; then what is being answered is answered."""
    from guestlist.web.server import Server, address_of  # noqa: PLC0415 - needs the extra

    with _logging():
        server = Server(web.asgi, listening)

        def stop() -> None:
            server.stop()
            if worker is not None:
                worker.stop()

        with ending_gently(stop):
            if worker is not None:
                worker.start()
            _greet(door, address_of(listening))
            server.run()


def _worker(file: Path) -> Companion:
    import structlog  # noqa: PLC0415

    from guestlist.cli.companion import Companion  # noqa: PLC0415

    log = structlog.get_logger("guestlist.serve")

    def ended(code: int, pause: float) -> None:
        log.warning("the worker ended and is started again", exit_code=code, after=pause)

    return Companion([sys.executable, "-m", "guestlist", "worker", "-f", str(file), "--with-parent"], ended)


@contextmanager
def _logging() -> Iterator[None]:
    """Within, entries are written without waiting for whoever reads them."""
    from guestlist import logs  # noqa: PLC0415
    from guestlist.cli.lines import Lines  # noqa: PLC0415

    if sys.stderr.isatty():
        logs.configure()
        yield
        return
    lines = Lines(sys.stderr.buffer)
    logs.configure(lambda *_: lines)
    try:
        yield
    finally:
        lines.close()


def _greet(door: Guestlist, address: str) -> None:
    from guestlist.app import users  # noqa: PLC0415 - slow to import

    shown = door.app.settings.public_url or address
    has_keys = any(key.revoked is None for key in door.write_keys())
    first = "" if has_keys else "\n  there is no write key yet   guestlist keys create NAME"
    link = users.setup_link(door.app)
    if link is not None:
        output.say(
            f"Nobody can sign in yet. Open this within a day and choose a name and a password:\n  {shown}/setup/{link}"
        )
    output.say(
        f"Taking events at {address}. Ctrl-C stops. The pages are at {shown}/{first}\n"
        f'  segment-analytics-python    analytics.write_key = KEY; analytics.host = "{shown}"\n'
        f'  rudder-sdk-python           rudder_analytics.write_key = KEY; rudder_analytics.dataPlaneUrl = "{shown}"\n'
        f'  analytics-node              new Analytics({{ writeKey: KEY, host: "{shown}" }})\n'
        f"  Segment's webhooks          {shown}/hooks/segment with the header X-Write-Key: KEY\n"
        f"  RudderStack's webhooks      {shown}/hooks/rudderstack with the header X-Write-Key: KEY"
    )


@keys.command()
def create(name: KeyName, json: Json = False) -> None:
    """Make a write key and print it, this one time."""
    with opened(None) as door:
        key = door.create_key(name)
    if json:
        output.write_json({"name": name, "write_key": key})
    else:
        output.say(f"The write key '{name}', shown only now:")
        output.write(f"{key}\n")


@keys.command(name="list")
def list_keys(json: Json = False) -> None:
    """List write keys by name; the keys themselves are not stored."""
    with opened(None) as door:
        rows = door.write_keys()
    if json:
        output.write_json([row.json() for row in rows])
    elif not rows:
        output.say("There is no write key yet: `guestlist keys create NAME` makes one.")
    else:
        from guestlist.cli.screens import people as screens  # noqa: PLC0415 - Rich only where it is needed

        output.show(screens.keys(rows, time.time()))


@keys.command()
def revoke(name: KeyName) -> None:
    """Take nothing more with a write key."""
    with opened(None) as door:
        output.sentence(door.revoke_key(name))
