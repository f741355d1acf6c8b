"""The command `linkedin-emulator`: a LinkedIn on localhost."""

import argparse
import contextlib
import importlib.metadata
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import msgspec

from linkedin_emulator.config import FIELDS, Config, changed, choices, other_settings
from linkedin_emulator.meanings import AREAS
from linkedin_emulator.world import ACCOUNT, CLIENT_ID, CLIENT_SECRET, FOREIGN_ACCOUNT, MEMBER, TEST_ACCOUNT
from linkedin_emulator.world import VIEWED_ACCOUNT as VIEWED

DESCRIPTION = """A stateful LinkedIn Marketing API on localhost: OAuth, matched audiences, ad accounts, limits, faults
on demand and a small Campaign Manager. Everything is in memory; nothing reaches LinkedIn."""
EPILOG = f"""\
places:
  /rest, /v2            the API (https://api.linkedin.com)
  /oauth/v2             authorization, accessToken, introspectToken, revoke (https://www.linkedin.com)
  /campaignmanager      the audiences, to look at
  /_emulator            control: seed, clock, faults, switches, requests seen, true members

there from the start:
  application           {CLIENT_ID}, secret {CLIENT_SECRET}, any redirect to localhost
  member                {MEMBER}
  ad accounts           {ACCOUNT} (she is CAMPAIGN_MANAGER), {VIEWED} (VIEWER),
                        {TEST_ACCOUNT} (a test account), {FOREIGN_ACCOUNT} (not hers)

examples:
  linkedin-emulator --set ripening=immediately --set removal=member
  curl -X POST localhost:8888/_emulator/tokens                           a token without a browser
  curl -X POST localhost:8888/_emulator/clock -d '{{"advance": 86400}}'    a day passes
  curl -X POST localhost:8888/_emulator/faults \\
       -d '{{"match": {{"path": "/users$"}}, "effect": {{"kind": "reset", "when": "after"}}}}'

What is emulated, how sure each fact is, and every control request:
docs/emulator.md in the repository."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `OSError` when there is none to have."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.ExitStack() as undo:
        listening = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        undo.pop_all()
    return listening


def address(listening: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def switches_shown() -> str:
    """Every switch, its settings (the default first) and its meaning, by area."""
    lines: list[str] = []
    for area, meanings in AREAS.items():
        lines.append(area)
        for name, meaning in meanings.items():
            settings = choices(name) or [FIELDS[name].default]
            values = " | ".join(msgspec.json.encode(one).decode().strip('"') for one in settings)
            lines += [f"  {name} = {values}", f"      {meaning}"]
        lines.append("")
    return "\n".join(lines)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text} is no port: a number from 0 to 65535 is")
    return int(text)


def _switch(text: str) -> dict[str, Any]:
    """`NAME=VALUE`; the value as JSON, or as plain text."""
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text} is no NAME=VALUE, like removal=member")
    for read in (msgspec.json.decode, bytes.decode):
        with contextlib.suppress(msgspec.MsgspecError):
            setting = {name: read(value.encode())}
            changed(Config(), setting)
            return setting
    if name not in FIELDS:
        raise argparse.ArgumentTypeError(f"there is no switch {name}; --switches lists all")
    listed = " or ".join(str(one) for one in choices(name)) or other_settings(name)
    raise argparse.ArgumentTypeError(f"{name} cannot be {value}, it is {listed}")


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="linkedin-emulator",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_port, default=8888, help="0 takes a free port (default: %(default)s)")
    add("--seed", type=int, default=0, help="which identifiers match, and which tokens are issued (default: 0)")
    add("--frozen-clock", action="store_true", help="time stands still until it is advanced")
    add(
        "--set",
        type=_switch,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="turn a switch, also for after a reset; repeatable",
    )
    add("--switches", action="store_true", help="list the switches and leave")
    add("--ready-file", type=Path, help="the address is written here once the server listens")
    add("--version", action="version", version=f"%(prog)s {importlib.metadata.version('guestlist')}")
    return parser.parse_args(given)


def _announce(url: str, ready_file: Path | None) -> None:
    if ready_file is not None:
        partial = ready_file.with_name(f"{ready_file.name}.partial")
        partial.write_text(f"{url}\n")
        os.replace(partial, ready_file)
    places = "API /rest, OAuth /oauth/v2, control /_emulator, Campaign Manager /campaignmanager"
    sys.stdout.write(f"LinkedIn emulator on {url} ({places})\n")
    sys.stdout.flush()


def main(given: list[str] | None = None) -> None:
    """Run until interrupted or terminated."""
    options = _arguments(given)
    if options.switches:
        sys.stdout.write(switches_shown())
        return
    try:
        from linkedin_emulator.asgi import create_server  # noqa: PLC0415  the libraries are an extra
        from linkedin_emulator.emulator import Emulator  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        sys.exit(f"linkedin-emulator: {missing.name} is not installed; pip install 'guestlist[emulator]' brings it")
    switches = {name: value for one in options.set for name, value in one.items()}
    server = create_server(Emulator(seed=options.seed, frozen_clock=options.frozen_clock, switches=switches))
    try:
        listening = bind(options.host, options.port)
    except OSError as problem:
        sys.exit(f"linkedin-emulator: cannot listen on {options.host}:{options.port}: {problem.strerror}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with listening, contextlib.suppress(KeyboardInterrupt):
        listening.listen(2048)
        _announce(address(listening), options.ready_file)
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
