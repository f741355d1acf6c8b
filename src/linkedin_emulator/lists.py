"""Reads an uploaded CSV list."""

import csv
import hashlib
import io
import re
from collections.abc import Mapping

from linkedin_emulator.audience import Change
from linkedin_emulator.config import Config
from linkedin_emulator.identifiers import Key, key_of, name_key
from linkedin_emulator.segments import SMALLEST

RECORDS = 300_000
CONTACT = ("email", "firstname", "lastname", "jobtitle", "employeecompany", "country", "googleaid")
OLDER_CONTACT = "appleidfa"
COMPANY = (
    "companyname",
    "companywebsite",
    "companyemaildomain",
    "linkedincompanypageurl",
    "stocksymbol",
    "industry",
    "city",
    "state",
    "companycountry",
    "zipcode",
)
IDENTIFYING = {
    "companywebsite": "companyWebsiteDomain",
    "companyemaildomain": "companyEmailDomain",
    "linkedincompanypageurl": "companyPageUrl",
}
DIGEST = re.compile(r"[0-9a-f]{64}")


def read_list(content: bytes, config: Config, *, companies: bool) -> list[Change] | None:
    """The people or companies in a list; nothing when its header is not the template's, or it is too long or short."""
    text = content.decode("utf-8-sig", errors="replace")
    rows = csv.DictReader(io.StringIO(text))
    if not _is_header({_plain(name) for name in rows.fieldnames or ()}, config, companies=companies):
        return None
    changes: list[Change] = []
    for count, row in enumerate(rows):
        if count >= RECORDS:
            return None
        plain = {_plain(name): str(value or "").strip() for name, value in row.items()}
        keys = _company(plain) if companies else _contact(plain, config)
        if keys:
            changes.append((True, keys))
    return None if config.small_list == "fails" and len(changes) < SMALLEST else changes


def _plain(name: str | None) -> str:
    return (name or "").strip().lower().replace(" ", "")


def _is_header(header: set[str], config: Config, *, companies: bool) -> bool:
    template = set(COMPANY if companies else CONTACT)
    if config.list_header == "template":
        return header - {OLDER_CONTACT} == template
    return bool(header) and header <= template | {OLDER_CONTACT} and (not companies or "companyname" in header)


def _contact(row: Mapping[str, str], config: Config) -> list[Key]:
    keys: list[Key] = []
    email = re.sub(r"\s", "", row.get("email", "")).lower()
    if email:
        plain = "@" in email and not DIGEST.fullmatch(email)
        keys.append(key_of("SHA256_EMAIL", hashlib.sha256(email.encode()).hexdigest() if plain else email))
    if row.get("googleaid"):
        keys.append(key_of("GOOGLE_AID", row["googleaid"]))
    if not keys and row.get("firstname") and row.get("lastname"):
        rest = (row.get("jobtitle", ""), row.get("employeecompany", ""), row.get("country", ""))
        keys.append(name_key(row["firstname"], row["lastname"], rest if config.name_identity == "all_fields" else ()))
    return keys


def _company(row: Mapping[str, str]) -> list[Key]:
    """A row without a company's name is no company."""
    if not row.get("companyname"):
        return []
    keys: list[Key] = [f"{field}:{row[column]}" for column, field in IDENTIFYING.items() if row.get(column)]
    return keys or [f"companyName:{row['companyname']}"]
