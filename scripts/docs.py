"""Write the reference pages from the code: docs/cli.md, docs/errors.md, docs/environment.md, docs/api.md.

    python scripts/docs.py            write them
    python scripts/docs.py --check    1 when one of them is not what the code says

docs/configuration.md and docs/guestlist.schema.json come from ``python -m guestlist.config_reference``.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from typer.main import get_command

from guestlist import errors
from guestlist.app import results
from guestlist.app.connection import ACCOUNT_CHANGED
from guestlist.cli.program import HELP, app
from guestlist.core.identity import Reason
from guestlist.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"
HEAD = "<!-- Written by `make docs` from the code; edit scripts/docs.py or the code instead. -->\n"

EXITS = {
    results.EXIT_DONE: "done; also `frozen` (a snapshot that was sent) and `disabled`",
    results.EXIT_FAILED: (
        "failed: a list that cannot be read, a damaged store, LinkedIn refusing for good, an error of ours"
    ),
    results.EXIT_USAGE: "usage: the command, the file or the environment asks for what cannot be",
    results.EXIT_PERSON: "waits for a person: removals to allow, authorisation, role, approval, API version",
    results.EXIT_REJECTED: "some rows rejected, where `--strict` was given",
    results.EXIT_LINKEDIN: "waits for LinkedIn: a day limit, goes on by itself after 00:00 UTC",
}

STATES = {
    "done": "Of a sync or a run: it came to its end.",
    "syncing": "A process is at it now.",
    "in step": "LinkedIn was told everything the list says.",
    "never synced": "Nothing was sent yet.",
    "waiting": (
        "The removal guard stopped it. `guestlist plan` shows who would leave; `--allow-removals N` lets one run pass."
    ),
    "parked": (
        "A person must act first: reauthorise, change a role, ask for approval, change the API version, look "
        "at refusals."
    ),
    "pending": "LinkedIn's day limit is used up, or answers are still open. It goes on by itself.",
    "failed": "The last sync failed; the reason says why. The next one tries again.",
    "lost": "LinkedIn let go of the audience. The next sync makes another and fills it: choose that one in campaigns.",
    "frozen": "A snapshot that was sent. Its list is not read again; `--new-snapshot` makes a second audience.",
    "disabled": "`enabled: false` in the file. Nothing is sent, nothing is lost.",
    "not in the file": (
        "It was synced once and is not in the file any more. Nothing is sent or deleted; see `guestlist remove`."
    ),
    "removed": "Stopped for good by `guestlist remove`.",
}

ADVICE = {
    Reason.NO_IDENTIFIER: (
        "The row has nothing LinkedIn could find anybody by. Fill in an e-mail, a Google id or both names; a "
        "domain, a page or a name for companies."
    ),
    Reason.SWITCHED_OFF: (
        "The row has only identifiers that the destination may not send: see `send_email`, "
        "`send_google_advertising_id`."
    ),
    Reason.NOT_AN_EMAIL: "Correct the address in the source.",
    Reason.NOT_A_GOOGLE_ID: "A Google advertising id is a UUID.",
    Reason.OPTED_OUT: "All zeros: the device's owner opted out. Nothing to do.",
    Reason.NOT_AN_ORGANIZATION: "Use the number of the LinkedIn organization, or `urn:li:organization:NUMBER`.",
    Reason.NOT_A_COMPANY_PAGE: "Use the address of a LinkedIn company page: `https://www.linkedin.com/company/NAME`.",
    Reason.PAGE_TOO_LONG: "Use the short address of the page.",
    Reason.NOT_A_DOMAIN: "Use a domain or the address of a web site.",
    Reason.SHARED_HOST: "Many companies share it, so it identifies none. Use the company's own domain.",
    Reason.COUNTRY_DROPPED: "A note: the row is sent without its country. Use ISO 3166 codes or English names.",
    Reason.SYMBOL_DROPPED: "A note: the row is sent without its stock symbol.",
    Reason.ADDRESS_DROPPED: (
        "A note: the row is sent without that name, title or other text, since it would leave in clear. Map another "
        "column, or clean it."
    ),
    Reason.ENTRIES_DROPPED: "A note: a cell (jsonl, Parquet) holds a longer list. Put what matters first.",
    Reason.BY_NAMES: (
        "A note: the row has no usable address or device, so LinkedIn is told its first and last name, which leave in "
        "clear. Correct the address, or leave such rows out with a `filter`."
    ),
    Reason.FORGOTTEN: "Somebody asked to be forgotten. `guestlist forget --undo` takes that back.",
}

VARIABLES = {
    "home": "Folder of the store: database, keys, ledgers. Only its owner may read it (it is made 0700).",
    "database_url": (
        "Where facts about runs are kept: SQLite, or `postgresql://user:password@host/name` for several machines."
    ),
    "data_url": "Where ledgers are kept: a folder, or `s3://bucket/prefix`.",
    "secret_key": (
        "Key that encrypts tokens and client secrets, at least 12 characters: `openssl rand -hex 32` makes one. "
        "Several, comma-separated, while rotating: the first writes. Without it a key file under home, mode 0600."
    ),
    "public_url": "Address of this installation, for links in notices.",
    "linkedin_api_url": "LinkedIn's API. Point it to the emulator to try things.",
    "linkedin_oauth_url": "LinkedIn's OAuth.",
    "linkedin_campaign_manager_url": (
        "Where Campaign Manager lists the audiences of an ad account, `{account}` in place of its number; left out: "
        "`/campaignmanager/accounts/{account}/matched-audiences` at the host of LinkedIn's OAuth. That is a guess: "
        "LinkedIn documents neither this address nor one of a single audience."
    ),
    "linkedin_client_id": "Client id of your LinkedIn app.",
    "linkedin_client_secret": "Client secret of your LinkedIn app.",
    "linkedin_version": "API version, `YYYYMM`.",
    "linkedin_source_platform": (
        "The source platform LinkedIn gave you; `DIRECT_API` for an advertiser's own accounts."
    ),
    "segment_secret": (
        "What Segment signs its webhooks with; when it is set, `/hooks/segment` takes nothing that is not signed."
    ),
    "request_timeout": "Seconds one request may take altogether.",
    "samples_kept": "Seconds for which samples of events are kept; asked before `retention.samples`.",
    "request_lifetime": "Seconds after which a request that was not answered can no longer have an effect.",
}
DEFAULTS = {
    "home": "`~/.guestlist`",
    "database_url": "SQLite under home",
    "data_url": "`data` under home",
    "secret_key": "a key file under home",
}
OF_THE_COMMAND_LINE = {
    "GUESTLIST_BACKUP_PASSPHRASE": (
        "Passphrase of `guestlist backup` and `guestlist restore`; asked for on a terminal."
    ),
    "GUESTLIST_DEBUG": "`1` shows the traceback of an error.",
}


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────
def cli_page() -> str:
    """Every command with its arguments and options."""
    root: Any = get_command(app)
    parts = ["# The command line\n", HEAD, HELP, _exit_codes(), _json_fields()]
    parts += [section for name, command in _commands(root, "guestlist") for section in _command(name, command)]
    return _joined(parts)


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _command(name: str, command: Any) -> Iterator[str]:
    context = command.make_context(name, [], resilient_parsing=True)
    pieces = [piece.replace("{", "").replace("}", "") for piece in command.collect_usage_pieces(context)]
    yield f"## {name}\n"
    yield f"```\n{name} {' '.join(pieces)}\n```\n"
    yield f"{inspect.cleandoc(command.help)}\n"
    rows = [_parameter(parameter, context) for parameter in command.get_params(context)]
    yield _table(("argument or option", "meaning"), [row for row in rows if row is not None])


def _parameter(parameter: Any, context: Any) -> tuple[str, str] | None:
    record = parameter.get_help_record(context)
    if record is None or "--help" in parameter.opts:
        return None
    name, meaning = record
    return f"`{re.sub(r' <(str|path|list.*)>$', '', name)}`", meaning.replace("  ", " ")


def _json_fields() -> str:
    fields = {
        "sync": results.SyncResult,
        "plan": results.PlanResult,
        "status": results.StatusRow,
        "rejected": results.RejectedRow,
        "explain": results.Explanation,
        "forget": results.Receipt,
        "connect, check": results.CheckReport,
    }
    rows = [(f"`{name}`", _names(kind)) for name, kind in fields.items()]
    rows.insert(2, ("`runs`", f"those of `sync`, {_names(results.RunRow).removesuffix(', `result`')}"))
    intro = (
        "## JSON\n\n`--json` prints one document to standard output and nothing else there; messages go to "
        "standard error. `sync`, `plan`, `status`, `runs`, `rejected`, `check` and `forget --list` print an array, the "
        "others an object. Times are seconds since 1970 (UTC). Fields may be added, never taken away.\n"
    )
    return _joined([intro, _table(("command", "fields"), rows)])


def _names(kind: type) -> str:
    return ", ".join(f"`{field.name}`" for field in dataclasses.fields(kind))


def errors_page() -> str:
    """Exit codes, states, kinds of errors and reasons of rejected rows."""
    kinds = [
        (f"`{name}`", str(kind.exit_code), _first(kind))
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, errors.GuestlistError)
    ]
    labels = [(f"`{label}`", why) for label, why in _labels().items()]
    reasons = [(f"{reason}", ADVICE[reason]) for reason in Reason]
    parts = [
        "# Errors, states and reasons\n",
        HEAD,
        "Every error is one sentence: what happened, to what, why, and what to do. It goes to standard error and never "
        "quotes an address of a person.\n",
        _exit_codes(),
        "## States\n\nWhat `guestlist status` shows of an activation, and `guestlist sync` and `guestlist runs` of a "
        "sync.\n",
        _table(("state", "meaning"), list(STATES.items())),
        "## What waits for a person\n\nThe reason of a parked activation starts with one of these. Nothing is lost "
        "meanwhile, and no attempt is burned: everything goes on at the first sync after it was mended.\n",
        _table(("label", "what to do"), labels),
        "## Reasons of rejected rows\n\nWhat `guestlist rejected` shows beside LinkedIn's own reasons. Rows that are "
        "rejected stay rejected until they change.\n",
        _table(("reason", "what to do"), reasons),
        "## Kinds of errors in the library\n\n`guestlist.errors`, one class for each reaction.\n",
        _table(("class", "exit code", "meaning"), kinds),
    ]
    return _joined(parts)


def _labels() -> dict[str, str]:
    again = "Run `guestlist connect DESTINATION` again; audiences and ledger stay."
    return {
        errors.REFRESH_TOKEN_EXPIRED: f"LinkedIn's grant ended (a year after consent) or was revoked. {again}",
        errors.OAUTH_REFRESH_FAILED: f"LinkedIn refuses to renew the token: check client id and secret. {again}",
        "role": (
            "Whoever signed in to LinkedIn for this destination (its page and `guestlist check` say who) needs one of "
            "the four roles on the ad account: Campaign Manager > Account settings > Manage access. Or somebody else "
            "who has one signs in."
        ),
        "scope": f"The token lacks a scope. {again}",
        "approval": "LinkedIn has not approved your app for this: Developer Portal > your app > Products.",
        "ad account": "Correct `ad_account`, or give whoever signed in to LinkedIn a role on it.",
        ACCOUNT_CHANGED: "Of a destination: `ad_account` is another than when somebody signed in for it. "
        "`guestlist check DESTINATION` asks LinkedIn for the new one, and takes it.",
        "test account": "LinkedIn keeps no audiences on test accounts: use a real one.",
        "API version": "Upgrade Guestlist, or set `GUESTLIST_LINKEDIN_VERSION` to a version LinkedIn still serves.",
        "SEGMENT_LIMIT_EXCEEDED": "The ad account holds 1,000 audiences, LinkedIn's limit: delete some.",
        "Segment lost": "LinkedIn let go of the audience twice within a day: look at it in Campaign Manager.",
        "Too many refused": "LinkedIn refused a fifth of the list: look at `guestlist rejected` and the mapping.",
        "Refused": "LinkedIn refuses every part of the list alike: the reason is LinkedIn's own.",
    }


def environment_page() -> str:
    """Every variable."""
    rows = [
        (f"`GUESTLIST_{field.name.upper()}`", DEFAULTS.get(field.name, _default(field.default)), VARIABLES[field.name])
        for field in dataclasses.fields(Settings)
    ]
    rows += [(f"`{name}`", "", meaning) for name, meaning in OF_THE_COMMAND_LINE.items()]
    intro = (
        "Where things are and who we are to LinkedIn; everything else is in [guestlist.yaml](configuration.md). An "
        "empty variable counts as not set. [Several servers](servers.md) need some of them in common.\n"
    )
    return _joined(["# Environment\n", HEAD, intro, _table(("variable", "default", "meaning"), rows)])


def _default(value: object) -> str:
    if value is None or value is dataclasses.MISSING:
        return ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


# ── pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _exit_codes() -> str:
    rows = [(str(code), meaning) for code, meaning in EXITS.items()]
    after = "\nOf several activations the first that applies of 1, 3, 5, 4.\n"
    return "## Exit codes\n\n" + _table(("code", "meaning"), rows) + after


def _first(kind: type) -> str:
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n", maxsplit=1)[0].split()).replace("``", "`")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _joined(parts: list[str]) -> str:
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part.strip())


def api_page() -> str:
    """The REST API, as it describes itself."""
    sys.path.insert(0, str(Path(__file__).parent))
    import api_page as described  # noqa: PLC0415 - a neighbour of this script

    return described.page(HEAD)


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "errors.md": errors_page,
    "environment.md": environment_page,
    "api.md": api_page,
}


def main() -> int:
    """Write the pages, or compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    stale = [name for name, page in PAGES.items() if not (DOCS / name).exists() or (DOCS / name).read_text() != page()]
    for name in stale:
        if check:
            sys.stderr.write(f"docs/{name} is not what the code says: run `make docs`\n")
        else:
            (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
