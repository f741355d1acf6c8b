"""Settings -> App: the only place that names every adapter. Nothing happens at import; what is slow to import is
imported when it is first needed.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

from guestlist import settings as environment
from guestlist.app import linkedin_app
from guestlist.app.context import App
from guestlist.errors import ConfigError
from guestlist.facade import Guestlist
from guestlist.ports import Clock, Destination, Elements, Flusher, HeldList, Passwords, Planner, Scan, Source, Token
from guestlist.settings import Settings
from guestlist.store import Store, open_store, open_vault
from guestlist.store.destinations import Destination as ConnectedTo

if TYPE_CHECKING:
    import httpx2

    from guestlist.config import AudienceConfig
    from guestlist.configuration import Configuration
    from guestlist.linkedin.destination import LinkedIn
    from guestlist.linkedin.oauth import OAuth
    from guestlist.linkedin.tokens import SharedTokens
    from guestlist.store.linkedin_app import Registered


class RealClock:
    """The machine's time; sleeping ends early when ``stop`` is set."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait, or until asked to stop."""
        self._stop.wait(seconds)


class LinkedInDoor:
    """``ports.Door`` for the LinkedIn of the settings; connections are kept per destination, as long as it has the same
    ad account and the same LinkedIn app speaks for it.
    """

    def __init__(
        self, settings: Settings, store: Store, clock: Clock, transport: httpx2.BaseTransport | None = None
    ) -> None:
        self._settings, self._store, self._clock, self._transport = settings, store, clock, transport
        self._open: dict[int, tuple[tuple[Registered | None, str], LinkedIn]] = {}
        self._replaced: list[LinkedIn] = []  # somebody may still be at work with them

    def destination(self, which: str | int) -> Destination:
        """LinkedIn as a connected destination of the store, by its name now or its number."""
        known = self._connected(which)
        made_for = (self._registered(known.id), known.ad_account)
        there = self._open.get(known.id)
        if there is not None and there[0] == made_for:
            return there[1]
        if there is not None:
            self._replaced.append(there[1])
        made = self._signed_in(known.id, *made_for)
        self._open[known.id] = (made_for, made)
        return made

    @contextmanager
    def another_account(self, which: str | int, account: str) -> Iterator[Destination]:
        """The same with another ad account than its own, while the block runs."""
        known = self._connected(which)
        linkedin = self._signed_in(known.id, self._registered(known.id), account)
        try:
            yield linkedin
        finally:
            linkedin.close()

    def _connected(self, which: str | int) -> ConnectedTo:
        known = self._store.destinations.get(which)
        if known is None:
            raise ConfigError(f"Destination '{which}' is not connected: run `guestlist connect {which}`.")
        return known

    def _signed_in(self, number: int, registered: Registered | None, account: str) -> LinkedIn:
        from guestlist.linkedin.tokens import SharedTokens  # noqa: PLC0415

        oauth = self._oauth(registered)
        tokens = SharedTokens(
            lambda: self._token(number),
            lambda token: self._save(number, token),
            lambda: self._store.lock(f"token-{number}"),
            self._clock,
            oauth,
        )
        return self._linkedin(account, tokens, oauth)

    @contextmanager
    def trial(self, account: str, token: Token, renewed: Callable[[Token], None]) -> Iterator[Destination]:
        """LinkedIn with a token that is not kept yet, while the block runs; ``renewed`` gets what takes its place."""
        from guestlist.linkedin.tokens import SharedTokens  # noqa: PLC0415

        current = [token]

        def save(fresh: Token) -> None:
            current[:] = [fresh]
            renewed(fresh)

        oauth = self._oauth(self._registered())
        tokens = SharedTokens(lambda: current[0], save, nullcontext, self._clock, oauth)
        linkedin = self._linkedin(account, tokens, oauth)
        try:
            yield linkedin
        finally:
            linkedin.close()

    def scopes(self) -> Sequence[str]:
        """What a person is asked to allow."""
        from guestlist.linkedin.oauth import SCOPES  # noqa: PLC0415

        return SCOPES

    def authorization_url(self, redirect_url: str, state: str) -> str:
        """Where a person consents."""
        return self._application().authorization_url(redirect_url, state)

    def exchange_code(self, code: str, redirect_url: str) -> Token:
        """The token of a consent."""
        return self._application().exchange_code(code, redirect_url)

    def token_from_response(self, response: Mapping[str, object]) -> Token:
        """LinkedIn's token response JSON as a token."""
        from guestlist.linkedin.oauth import token_from_response  # noqa: PLC0415

        return token_from_response(response, self._clock.now())

    def close(self) -> None:
        """Close every kept connection."""
        for each in (*(linkedin for _, linkedin in self._open.values()), *self._replaced):
            each.close()

    def _linkedin(self, account: str, tokens: SharedTokens, oauth: OAuth | None) -> LinkedIn:
        from guestlist.linkedin.client import Client  # noqa: PLC0415
        from guestlist.linkedin.destination import LinkedIn  # noqa: PLC0415

        settings = self._settings
        client = Client(
            settings.linkedin_api_url,
            settings.linkedin_version,
            tokens,
            self._clock,
            timeout=settings.request_timeout,
            transport=self._transport,
        )
        return LinkedIn(client, account, oauth)

    def _application(self) -> OAuth:
        oauth = self._oauth(self._registered())
        if oauth is None:
            raise ConfigError(linkedin_app.MISSING)
        return oauth

    def _registered(self, number: int | None = None) -> Registered | None:
        """The LinkedIn app that speaks for a destination; None: for whoever consents now."""
        given, kept = linkedin_app.of_environment(self._settings), self._store.linkedin_app.get()
        credential = self._store.destinations.credential(number)[0] if number is not None and given is None else None
        return linkedin_app.speaks_for(given, kept, credential)

    def _oauth(self, registered: Registered | None) -> OAuth | None:
        if registered is None:
            return None
        from guestlist.linkedin.oauth import OAuth  # noqa: PLC0415

        settings, app = self._settings, (registered.client_id, registered.client_secret)
        url, timeout = settings.linkedin_oauth_url, settings.request_timeout
        return OAuth(url, *app, self._clock, timeout=timeout, transport=self._transport)

    def _token(self, number: int) -> Token | None:
        credential, _ = self._store.destinations.credential(number)
        return credential.token if credential else None

    def _save(self, number: int, token: Token) -> None:
        _, version = self._store.destinations.credential(number)
        self._store.destinations.save_token(number, token, version)


def open_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    planner: Planner | None = None,
    flusher: Flusher | None = None,
    transport: httpx2.BaseTransport | None = None,
    threads: int = 8,
    dice: random.Random | None = None,
) -> App:
    """One installation at work. The keyword arguments are for tests: the defaults are the product."""
    stop = Event()
    clock = clock or RealClock(stop)
    vault = open_vault(settings.home, settings.secret_key)
    store = open_store(settings.database_url, settings.home, settings.data_url, vault, clock)
    return App(
        settings,
        store,
        planner or _late_planner(),
        flusher or _late_flusher(),
        _late_elements(store),
        clock,
        LinkedInDoor(settings, store, clock, transport),
        lambda audience, folder: _source(store, audience, folder, clock),
        _late_passwords(),
        _look_at,
        first_rows=_first_rows,
        kept=_kept,
        length=_length,
        cells=_cells,
        post=_post,
        threads=threads,
        dice=dice or random.Random(),  # noqa: S311 - spreads waiting times
        stop=stop,
    )


def open_guestlist(home: str | None = None, file: str | None = "guestlist.yaml") -> Guestlist:
    """What ``guestlist.open`` gives: the environment's installation, with a file read when it is first needed."""
    environ = dict(os.environ)
    if home is not None:
        environ["GUESTLIST_HOME"] = home
    return Guestlist(open_app(environment.read(environ)), Path(file) if file is not None else None, environ)


@dataclass(frozen=True)
class Web:
    """The HTTP server as an ASGI application; ``close`` makes durable what was taken, before the store is closed."""

    asgi: Callable[..., Awaitable[None]]
    close: Callable[[], None]


def open_web(
    app: App,
    write_keys_of: Callable[[str], Collection[str] | None],
    collectors: Iterable[Any] = (),
    configuration: Configuration | None = None,
    address: str = "http://127.0.0.1:8000",
) -> Web:
    """What ``guestlist serve`` serves, usable without any socket. ``write_keys_of``: who may add members to an audience
    of this name; ``collectors``: of prometheus-client, shown beside the server's own numbers;
    ``configuration``: what pages show and change, without it there are none; ``address``: where people reach them.
    """
    try:
        from guestlist.web.application import make_app  # noqa: PLC0415
        from guestlist.web.desk import Desk  # noqa: PLC0415
        from guestlist.web.gate import Gate  # noqa: PLC0415
        from guestlist.web.metrics import Ends, Metrics, Waiting  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigError(f"Serving needs the extra ({error.name}): pip install 'guestlist[serve]'.") from None
    from guestlist.app import event_view  # noqa: PLC0415
    from guestlist.app.intake import Intake  # noqa: PLC0415
    from guestlist.app.keyring import Keyring  # noqa: PLC0415

    metrics = Metrics(collectors)
    intake = Intake(app.store, app.clock, committed=metrics.committed)
    metrics.add(Waiting(intake, app.clock))
    metrics.add(Ends(lambda: event_view.ends(app), lambda: event_view.latencies(app)))
    gate = Gate(intake, Keyring(app.store, app.clock), app.clock, write_keys_of, app.settings.segment_secret)
    desk = Desk(app, configuration, address, intake.latest) if configuration is not None else None
    return Web(make_app(gate, metrics, desk), intake.close)


def listen_for_code(redirect_url: str, state: str, timeout: float) -> str:
    """Wait on this machine until the browser comes back from LinkedIn; the code it brings."""
    from guestlist.linkedin.loopback import Loopback  # noqa: PLC0415

    with Loopback(state, redirect_url) as loopback:
        return loopback.wait(timeout)


def parse_redirect(address: str, state: str) -> str:
    """The code in the address the browser was sent to."""
    from guestlist.linkedin import loopback  # noqa: PLC0415

    return loopback.parse_redirect(address, state)


def starter(path: Path, members: str | None, folder: Path) -> str:
    """A commented guestlist.yaml, to be written into ``folder``, for a list."""
    from guestlist.core import mapping  # noqa: PLC0415
    from guestlist.core.identity import Kind  # noqa: PLC0415
    from guestlist.sources.files import FileSource  # noqa: PLC0415
    from guestlist.starter import starter as write  # noqa: PLC0415

    scan = FileSource(str(path.absolute()), folder, None, RealClock(Event())).open()
    kind = mapping.guess_kind(scan.columns) if members is None else Kind[members.upper()]
    relative = Path(os.path.relpath(path.absolute(), folder.absolute()))
    return write(relative, scan.columns, kind, mapping.guess(kind, scan.columns))


def restore(source: Path, mode: Literal["move", "copy"], passphrase: str | None) -> str:
    """Bring a backup into the empty home of the environment; one sentence of what follows."""
    from guestlist.store.restore import restore as bring_back  # noqa: PLC0415

    settings = environment.read(os.environ)
    bring_back(
        source,
        settings.home,
        mode,
        passphrase=passphrase,
        secret_key=settings.secret_key,
        database_url=settings.database_url,
        data_url=settings.data_url,
    ).close()
    kept = "its LinkedIn audiences are its own" if mode == "move" else "it makes LinkedIn audiences of its own"
    return f"{source} was restored into {settings.home}; {kept}. The next sync tells LinkedIn everything again."


class _Late:
    """Stands for a port and makes it at its first use: planning and Arrow are slow to import."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._made: object | None = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)


def _late_planner() -> Planner:
    planner: Any = _Late(_child_planner)
    return planner  # type: ignore[no-any-return]


def _late_flusher() -> Flusher:
    flusher: Any = _Late(_flusher)
    return flusher  # type: ignore[no-any-return]


def _late_passwords() -> Passwords:
    passwords: Any = _Late(_passwords)
    return passwords  # type: ignore[no-any-return]


def _passwords() -> Passwords:
    try:
        from guestlist.passwords import Argon2  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigError(f"Users need the extra ({error.name}): pip install 'guestlist[serve]'.") from None
    return Argon2()


def _flusher() -> Flusher:
    from guestlist.planner.flush import InProcessFlusher  # noqa: PLC0415

    return InProcessFlusher()


def _late_elements(store: Store) -> Elements:
    elements: Any = _Late(lambda: _elements(store))
    return elements  # type: ignore[no-any-return]


def _child_planner() -> Planner:
    from guestlist.planner.child_planner import ChildPlanner  # noqa: PLC0415

    return ChildPlanner()


def _elements(store: Store) -> Elements:
    from guestlist.elements import PlannedElements  # noqa: PLC0415
    from guestlist.planner.reference import opened  # noqa: PLC0415

    key = store.meta.names_key
    return PlannedElements(lambda sealed: opened(sealed, key))


def _post(url: str, message: dict[str, str]) -> bool:
    """Send a notice; whether it arrived. Its failure stops nothing and says nothing of the address."""
    import httpx2  # noqa: PLC0415

    try:
        return httpx2.post(url, json=message, timeout=10.0).is_success
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return False


def _look_at(held: HeldList) -> Scan:
    from guestlist.sources.held import scan_of  # noqa: PLC0415

    return scan_of(held)


def _length(scan: Scan, content: Iterator[bytes]) -> int:
    from guestlist.sources.lengths import length  # noqa: PLC0415

    return length(scan, content)


def _first_rows(scan: Scan, most: int) -> list[Mapping[str, str]]:
    from guestlist.sources import beginnings  # noqa: PLC0415

    if scan.format == "parquet":
        from guestlist.planner import beginning  # noqa: PLC0415

        return beginning.first_rows(scan, most, beginnings.in_one)
    return beginnings.first_rows(scan, most)


def _kept(scan: Scan, rows: Sequence[Mapping[str, str]], expression: str) -> list[bool]:
    from guestlist.planner.trial import kept  # noqa: PLC0415

    return kept(scan, rows, expression)


def _cells(scan: Scan, column: str) -> Iterator[str]:
    from guestlist.planner.column import texts  # noqa: PLC0415

    return texts(scan, column)


def _source(store: Store, audience: AudienceConfig, folder: Path, clock: Clock) -> Source:
    from guestlist.sources.files import FileSource  # noqa: PLC0415
    from guestlist.sources.held import HeldSource  # noqa: PLC0415

    source = audience.source
    if source.upload is not None:
        name = source.upload
        return HeldSource(lambda: store.uploads.opened(name), lambda: store.uploads.begun(name), source.max_age, clock)
    return FileSource(source.file or "", folder, source.max_age, clock)
