"""Connecting an ad account: sign in to LinkedIn, choose, say what it may be told, look at all of it, connect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import RedirectResponse, Response

from guestlist.app import connection, declared, destinations, linkedin_app, setting_up
from guestlist.core.permissions import CONNECT
from guestlist.core.words import role
from guestlist.errors import ConfigError, GuestlistError, NeedsPerson
from guestlist.ports import Account, Reachable
from guestlist.web.desk import BACK
from guestlist.web.pages import lists
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import Form
from guestlist.web.pages.lists import Place, listed
from guestlist.web.pages.states import plain
from guestlist.web.pages.templates import path

book = Book()
STEPS = ("Sign in", "Account ID", "Review")
REFUSED = {
    "user_cancelled_login": "You did not sign in at LinkedIn, so nothing was {}.",
    "user_cancelled_authorize": "You did not allow it at LinkedIn, so nothing was {}.",
}
UNNAMED = "Give it a name, like the brand or the region it is for."
_ENTERED = ("name", "description", "ad_account", "send_email", "send_google_advertising_id")
OTHERWISE = "LinkedIn did not allow it, so nothing was {}: try it again."


# ── the first step ───────────────────────────────────────────────────────────────────────────────────────────────
@book.get("/destinations/connect", *CONNECT)
def start(call: Call) -> Response:
    """What follows, and with which sign-in."""
    known = [row for row in destinations.all_of(call.app, call.config) if row.connection.authorised is not None]
    back, ready = call.desk.redirect_url, linkedin_app.current(call.app) is not None
    refused = REFUSED.get(call.query["refused"], OTHERWISE).format("connected") if "refused" in call.query else ""
    return call.show("connect_start.html", steps=STEPS, known=known, redirect_url=back, ready=ready, refused=refused)


@book.post("/destinations/connect", *CONNECT)
def sign_in(call: Call) -> Response:
    """On to LinkedIn."""
    address, _ = connection.begin(call.app, call.desk.redirect_url)
    return RedirectResponse(address, 303)


@book.post("/destinations/connect/reuse", *CONNECT)
def reuse(call: Call) -> Response:
    """With the sign-in of another destination."""
    return call.go(path("destinations", "connect", setting_up.reuse(call.app, call.config, call.form["destination"])))


@book.post("/destinations/{name}/authorize", *CONNECT)
def authorize(call: Call) -> Response:
    """Reauthorize: on to LinkedIn, and back to this destination."""
    address, _ = connection.begin_consent(call.app, call.config, call.part("name"), call.desk.redirect_url)
    return RedirectResponse(address, 303)


@book.get(BACK, *CONNECT)
def back(call: Call) -> Response:
    """Where LinkedIn sends the browser."""
    code, state = call.query.get("code", ""), call.query.get("state", "")
    if (error := call.query.get("error")) is not None:
        if again := setting_up.refused(call.app, state, call.desk.redirect_url):
            return call.go(path("destinations", again), REFUSED.get(error, OTHERWISE).format("changed"))
        return call.go(path("destinations", "connect", refused=error if error in REFUSED else "otherwise"))
    handle, name = setting_up.arrive(call.app, code, state, call.desk.redirect_url)
    if not name:
        return call.go(path("destinations", "connect", handle))
    report = setting_up.renew(call.app, call.desk.configuration, handle, name)
    return call.go(path("destinations", name), f"{name} is authorized again, as {role(report.role)}.")


# ── the second step ──────────────────────────────────────────────────────────────────────────────────────────────
@book.get("/destinations/connect/{handle}", *CONNECT)
def choose(call: Call) -> Response:
    """The ad accounts that LinkedIn returns, with roles; or one that is typed. Back from the review what was entered
    is still there.
    """
    accounts = setting_up.choices(call.app, call.part("handle"))
    form = _entered(call, accounts)
    return call.show("connect_account.html", **_choices(call, accounts, form), form=form)


@book.post("/destinations/connect/{handle}", *CONNECT)
def choose_one(call: Call) -> Response:
    """On to the review, whose address says what was chosen; or to other ad accounts to choose from."""
    form = call.form
    if form["page_to"] or lists.looks(form):
        entered = _said(form["name"].strip(), settings_of(form))
        return call.go(_here(call) + path(**entered, q=form["q"].strip(), page=form["page_to"])[1:])
    try:
        name, body, _ = _judged(call, call.form)
    except (ConfigError, NeedsPerson) as error:
        return call.again("connect_account.html", at_account(error), "ad_account", **_chosen(call))
    return call.go(path("destinations", "connect", call.part("handle"), "review", **_said(name, body)))


@book.get("/destinations/connect/{handle}/review", *CONNECT)
def review(call: Call) -> Response:
    """Everything as it will be; nothing is made yet."""
    handle = call.part("handle")
    try:
        name, body, account = _judged(call, Form(list(call.query.items())))
    except (ConfigError, NeedsPerson) as error:
        accounts = setting_up.choices(call.app, handle)
        form = _entered(call, accounts).refused(at_account(error), "ad_account")
        return call.show("connect_account.html", 422, **_choices(call, accounts, form), form=form)
    before = path("destinations", "connect", handle, **_said(name, body))
    shown = {"handle": handle, "name": name, "body": body, "account": account, "steps": STEPS, "before": before}
    return call.show("connect_review.html", **shown)


@book.post("/destinations/connect/{handle}/finish", *CONNECT)
def finish(call: Call) -> Response:
    """Make it."""
    name, body = call.form["name"].strip(), settings_of(call.form)
    try:
        report = setting_up.finish(call.app, call.desk.configuration, call.part("handle"), name, body, call.person)
    except (ConfigError, NeedsPerson) as error:
        return call.again("connect_account.html", at_account(error), "ad_account", **_chosen(call))
    text = f"{name} is connected to {report.account_name or 'the ad account'}, as {role(report.role)}."
    return call.go(path("destinations", name), text)


def _judged(call: Call, form: Form) -> tuple[str, dict[str, Any], Account]:
    """Name, settings and ad account of what may be connected like that. ConfigError, NeedsPerson."""
    name, body = form["name"].strip(), settings_of(form)
    if not name:
        raise ConfigError(UNNAMED, ("name",))
    if not body["ad_account"]:
        raise ConfigError("Choose an Account ID, or type one.", ("ad_account",))
    declared.refuse_taken(call.app, call.desk.configuration, "destinations", name)
    call.desk.configuration.tried({("destinations", name): body})
    return name, body, setting_up.judged(call.app, call.part("handle"), str(body["ad_account"]))


def settings_of(form: Form) -> dict[str, Any]:
    """What a form says of a destination; an account that was typed counts more than one that was chosen."""
    return {
        "ad_account": form["other"].strip() or form["ad_account"].strip(),
        "description": form["description"].strip(),
        "send_email": bool(form["send_email"]),
        "send_google_advertising_id": bool(form["send_google_advertising_id"]),
    }


def _said(name: str, body: Mapping[str, Any]) -> dict[str, str]:
    """As the address of a step says it."""
    return {"name": name, **{key: "yes" if value is True else str(value or "") for key, value in body.items()}}


def _entered(call: Call, accounts: Sequence[Reachable]) -> Form:
    """The same as the form of the step before; an account that LinkedIn does not list was typed."""
    fields = {key: value for key, value in call.query.items() if key in _ENTERED}
    if fields.get("ad_account") and fields["ad_account"] not in map(_number, accounts):
        fields["other"] = fields.pop("ad_account")
    return Form(list(fields.items()))


def _chosen(call: Call) -> dict[str, Any]:
    """What the form needs that was sent and is shown again."""
    return _choices(call, setting_up.choices(call.app, call.part("handle")), call.form)


def _choices(call: Call, accounts: Sequence[Reachable], form: Form) -> dict[str, Any]:
    first = "" if form.fields else next((_number(each) for each in accounts if each.usable), "")
    offer = offered(call, accounts, form["ad_account"] or first, _here(call))
    return {"handle": call.part("handle"), "steps": STEPS, **offer}


def offered(call: Call, accounts: Sequence[Reachable], picked: str, here: str) -> dict[str, Any]:
    """What a choice of ad accounts shows, looked through and paged by the address ``here``; the one that is ``picked``
    stands before all.
    """
    places = {each.account: place for place, each in enumerate(accounts)}
    found = listed(call, accounts, {"given": lambda each: places[each.account]}, "given", connection.words, Place(here))
    chosen = [each for each in accounts if _number(each) == picked]
    return {"accounts": accounts, "listing": found, "picked": picked, "chosen": chosen}


def _here(call: Call) -> str:
    return path("destinations", "connect", call.part("handle"))


def _number(row: Reachable) -> str:
    return row.account.rpartition(":")[2]


def at_account(error: GuestlistError) -> ConfigError:
    """What LinkedIn or a role stands against is told at the ad account."""
    if isinstance(error, ConfigError) and "`guestlist" not in str(error):
        return error
    return ConfigError(plain(str(error)), error.place if isinstance(error, ConfigError) else ("ad_account",))
