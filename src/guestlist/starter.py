"""The commented ``guestlist.yaml`` that ``guestlist init`` writes for a list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from guestlist.core.fields import FIELDS, plain
from guestlist.core.identity import Kind
from guestlist.core.mapping import FieldMapping, identifies
from guestlist.core.text import masked, squeezed

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
_CONSENT = ("consent", "marketingconsent", "optin", "emailoptin", "subscribed", "gdprconsent")


def starter(path: Path, columns: Sequence[str], kind: Kind, mapping: FieldMapping) -> str:
    """The file as text. ``path``: of the list, as the yaml shall name it; ``mapping``: ``core.mapping.guess``'s.

    It loads as it is; the number of the ad account is to be filled in. Columns that look like personal data are masked.
    """
    audience = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "list"
    return _TEMPLATE.format(
        file=_scalar(str(path)),
        members="people" if kind is Kind.PEOPLE else "companies",
        audience=audience,
        activation=f"{audience}-to-acme",
        filter=_filter(columns),
        mapping=_mapping(kind, mapping),
        unused=_unused(columns, mapping),
    )


_TEMPLATE = """\
# Who is told to whom. `guestlist plan` shows what would happen and sends nothing; every key is explained in
# docs/configuration.md.
destinations:
  acme:                              # a name of yours for the ad account
    ad_account: 123456789            # <- the number in Campaign Manager's address, behind /accounts/
    # send_email: true               # e-mail addresses leave as SHA-256 digests only
    # send_google_advertising_id: true

audiences:
  {audience}:
    members: {members}
    source:
      file: {file}
      # max_age: 26h                 # an older file is an error, and nobody is removed
    # filter: {filter}

activations:
  {activation}:
    audience: {audience}
    destination: acme
    mode: mirror                     # who leaves the list leaves the LinkedIn audience; or add_only, snapshot
    # segment_name: A name           # of the LinkedIn audience; else the audience's
{mapping}{unused}    # max_removals: 20%              # a run that removes more waits for you
    # schedule: {{every: 1h}}          # for `guestlist worker`
"""


def _mapping(kind: Kind, mapping: FieldMapping) -> str:
    fields = FIELDS[kind]
    lines = [f"      {target}: {_sources(sources)}{_note(kind, target)}" for target, sources in mapping.items()]
    if not identifies(kind, mapping):
        wanted = ", ".join(name for name, field in fields.items() if field.identifying)
        lines = ["    # mapping:                       # the header names nobody; map one of", f"    #   {wanted}"]
        return "\n".join(lines) + "\n"
    return "\n".join(["    mapping:                         # LinkedIn field: column of the list", *lines]) + "\n"


def _sources(sources: Sequence[str]) -> str:
    return _scalar(sources[0]) if len(sources) == 1 else f"[{', '.join(map(_quoted, sources))}]"


def _note(kind: Kind, target: str) -> str:
    notes: Mapping[str, str] = {"primaryId": "names rows in reports, never sent", "email": "leaves as a digest"}
    clear = "leaves as it is" if kind is Kind.PEOPLE else ""
    note = notes.get(target, clear)
    return f"  # {note}" if note else ""


def _unused(columns: Sequence[str], mapping: FieldMapping) -> str:
    used = {source for sources in mapping.values() for source in sources}
    rest = [masked(squeezed(column)) for column in columns if column not in used]
    rest = ["".join(c for c in name if c.isprintable()) for name in rest]
    return f"    # not mapped: {', '.join(rest)}\n" if rest else ""


def _filter(columns: Sequence[str]) -> str:
    asked = next((column for column in columns if plain(column) in _CONSENT), "consent")
    name = asked if re.fullmatch("[a-z_][a-z0-9_]*", asked) else '"{}"'.format(asked.replace('"', '""'))
    return _quoted(f"{name} = 'yes'") + "  # rows for which this is not true are not wanted"


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() != "null" else _quoted(text)


def _quoted(text: str) -> str:
    """In YAML's double quotes, and not to be filled in from the environment."""
    plain_text = text.replace("${", "$${").replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in plain_text) + '"'
