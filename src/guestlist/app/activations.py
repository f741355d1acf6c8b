"""Activations of the file and of the store: what may change between two syncs, and what may not."""

from __future__ import annotations

import difflib

from guestlist.app.context import App
from guestlist.app.results import Mistake
from guestlist.config import ActivationConfig, Config
from guestlist.core.text import masked
from guestlist.errors import ConfigError, UnknownName
from guestlist.store.activations import Activation
from guestlist.store.destinations import Destination
from guestlist.store.event_members import AudienceKey


class MadeOfAnother(ConfigError):
    """What LinkedIn's audience is made of cannot be changed: another one cannot silently take its place."""

    def __init__(self, message: str, mistake: Mistake) -> None:
        super().__init__(message)
        self.mistake = mistake


def entry(config: Config, name: str) -> ActivationConfig:
    """The activation as the file describes it; UnknownName with the nearest name when it does not."""
    found = config.activations.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, config.activations, n=1)
    known = ", ".join(config.activations) or "none"
    hint = f" Did you mean '{near[0]}'?" if near else f" Known: {known}."
    raise UnknownName(f"There is no activation '{masked(name)}'{config.where}.{hint}")


def chosen(config: Config, name: str | None) -> list[str]:
    """The activation asked for, or all of the file: those that others take people from come first."""
    if name is not None:
        entry(config, name)
        return [name]
    if not config.activations:
        raise ConfigError(f"{config.path} has no activations: add one, or write a new file with `guestlist init LIST`.")
    return sorted(config.activations, key=lambda each: config.activations[each].segment_of is not None)


def existing(app: App, config: Config, name: str) -> Activation | None:
    """The store's record of an activation of the file; ConfigError when the file now asks for something else of it."""
    found = app.store.activations.get(name)
    if found is None or found.removed_at is not None:
        return None
    refuse_another(config, found, entry(config, name))
    return found


def destination_of(config: Config, found: Activation) -> str:
    """The name of what it feeds, as the configuration calls it: by a former one, while it does not know that of now."""
    wanted = config.activations.get(found.name)
    if wanted is None or found.destination in config.destinations:
        return found.destination
    return wanted.destination if wanted.destination in found.destination_former else found.destination


def refuse_another(config: Config, found: Activation, wanted: ActivationConfig) -> None:
    """MadeOfAnother: LinkedIn's segment holds what the old audience said."""
    audience, destination = config.audiences[wanted.audience], config.destinations[wanted.destination]
    for what, was, now in (
        ("audience", found.audience, wanted.audience),
        ("destination", destination_of(config, found), wanted.destination),
        ("members", found.members.name.lower(), audience.members),
        ("ad_account", found.ad_account, destination.ad_account),
    ):
        if was != now:
            raise made_of_another(found.name, what, was, now, destination.ad_account == found.ad_account)
    snapshot = "snapshot"
    if (found.mode == snapshot) != (wanted.mode == snapshot) and found.mapping is not None:
        raise MadeOfAnother(
            f"Activation '{found.name}' was synced with mode {found.mode} and is now {wanted.mode}: a snapshot stays "
            f"one; end it with `guestlist remove {found.name}`, or keep it with `guestlist rename {found.name} NEW`.",
            Mistake("mode", found.mode, wanted.mode),
        )


def refuse_what_cannot_run(app: App, before: Config, after: Config) -> None:
    """ConfigError where a change of the configuration makes something that the next sync is certain to refuse. What is
    refused as it is may be changed on: paused, or put right piece by piece.
    """
    for name, wanted in after.destinations.items():
        was = before.destinations.get(name)
        known = app.store.destinations.meant(name, (before if was is not None else after).destinations)
        if known is not None and (was is None or was.ad_account != wanted.ad_account):
            refuse_other_account(app, known, name, wanted.ad_account)
    for found in app.store.activations.all(removed=False):
        refused = _refused(app, after, found)
        if refused is not None and _refused(app, before, found) is None:
            raise refused


def _refused(app: App, config: Config, found: Activation) -> MadeOfAnother | None:
    """Why a sync would be refused; None: it would not, or nothing describes it."""
    wanted = config.activations.get(found.name)
    if wanted is None:
        return None
    stream = app.store.streams.get(found.id) if wanted.audience_key else None
    return mistake(config, found, wanted, app.store.event_members.by_id(stream.key_id) if stream is not None else None)


def mistake(
    config: Config, found: Activation, wanted: ActivationConfig, fed_by: AudienceKey | None
) -> MadeOfAnother | None:
    """Why a sync of it would be refused as it is described; None: it would not. ``fed_by``: the key of its events."""
    try:
        refuse_another(config, found, wanted)
        if fed_by is not None:
            refuse_another_key(fed_by, found.name, wanted.audience_key or "")
    except MadeOfAnother as error:
        return error
    return None


def refuse_another_key(fed_by: AudienceKey, name: str, written: str) -> None:
    """MadeOfAnother where the file says another key than the one that feeds an activation."""
    if fed_by.key != written:
        raise made_of_another(name, "audience_key", fed_by.key, written)


def made_of_another(name: str, what: str, was: str, now: str, same_account: bool = False) -> MadeOfAnother:
    """Why an activation cannot be synced as the file has it now."""
    if what == "ad_account":
        was, now = _number(was), _number(now)
    called = f"if that is its new name, run `guestlist rename '{was}' '{now}' --destination`, else "
    return MadeOfAnother(
        f"Activation '{name}' had {what} {was} and now has {now}, but its LinkedIn audience is made of the former: "
        f"{called if what == 'destination' and same_account else ''}end it with `guestlist remove {name}`, or keep it "
        f"under another name with `guestlist rename {name} NEW`, then sync again.",
        Mistake(what, was, now),
    )


def ensure(app: App, config: Config, name: str) -> Activation:
    """The store's record, made now if the activation is new, brought up to date if the file changed."""
    wanted = entry(config, name)
    refuse_moved(app, config, wanted.destination)
    found = existing(app, config, name) or _first_seen(app, config, name)
    origin = config.origin("activations", name)
    if found.mode != wanted.mode or found.yaml_path != origin:
        app.store.activations.update(found.id, mode=wanted.mode, yaml_path=origin)
        found = app.store.activations.by_id(found.id)
    return found


def _first_seen(app: App, config: Config, name: str) -> Activation:
    """Two first syncs at once make one activation: the second finds what the first has made."""
    with app.store.lock(f"activation-{name}"):
        return existing(app, config, name) or _create(app, config, name)


def _create(app: App, config: Config, name: str) -> Activation:
    wanted = entry(config, name)
    destination = _destination(app, config, wanted.destination)
    segment_of = ensure(app, config, wanted.segment_of).id if wanted.segment_of else None
    return app.store.activations.create(
        name,
        app.clock.now(),
        segment_of=segment_of,
        destination=destination.id,
        ad_account=config.destinations[wanted.destination].ad_account,
        audience=wanted.audience,
        members=config.audiences[wanted.audience].kind,
        mode=wanted.mode,
        yaml_path=config.origin("activations", name),
    )


def _destination(app: App, config: Config, name: str) -> Destination:
    """What a new activation feeds. ConfigError: nobody tried its ad account with the sign-in that there is."""
    now = config.destinations[name].ad_account
    known = app.store.destinations.ensure(name, now, config.destinations)
    if known.ad_account != now and app.store.destinations.credential(known.id)[0] is not None:
        raise ConfigError(
            f"Destination '{name}' was ad account {_number(known.ad_account)} when somebody signed in for it and is "
            f"now {_number(now)}: check it first, with `guestlist check {name}`.",
            ("destinations", name, "ad_account"),
        )
    if known.ad_account != now:
        app.store.destinations.update(known.id, ad_account=now)
    return known


def refuse_moved(app: App, config: Config, name: str) -> None:
    """ConfigError where a destination of the file is another ad account than the one that its activations feed."""
    known = app.store.destinations.meant(name, config.destinations)
    if known is not None:
        refuse_other_account(app, known, name, config.destinations[name].ad_account)


def refuse_other_account(app: App, known: Destination, name: str, now: str) -> None:
    """ConfigError where activations feed another ad account of a destination; ``name``: as who asks calls it."""
    if known.ad_account == now:
        return
    users = [each.name for each in app.store.activations.all(removed=False) if each.destination_id == known.id]
    if users:
        raise ConfigError(
            f"Destination '{name}' was ad account {_number(known.ad_account)} and is now {_number(now)}, but "
            f"{', '.join(users)} still {'feeds' if len(users) == 1 else 'feed'} the former: give the new account a "
            f"destination of its own; or end what feeds the former, with `guestlist remove {users[0]}`.",
            ("destinations", name, "ad_account"),
        )


def _number(ad_account: str) -> str:
    return ad_account.rpartition(":")[2]
