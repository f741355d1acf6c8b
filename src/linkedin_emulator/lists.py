"""Reads an uploaded CSV list."""

import csv
import hashlib
import io
import re
from collections.abc import Mapping

from linkedin_emulator.audience import Change
from linkedin_emulator.identifiers import Key, key_of, name_key

RECORDS = 300_000
CONTACT = {"email", "firstname", "lastname", "jobtitle", "employeecompany", "country", "googleaid", "appleidfa"}
COMPANY = {
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
}
IDENTIFYING = {
    "companywebsite": "companyWebsiteDomain",
    "companyemaildomain": "companyEmailDomain",
    "linkedincompanypageurl": "companyPageUrl",
}
DIGEST = re.compile(r"[0-9a-f]{64}")


def read_list(content: bytes, *, companies: bool) -> list[Change] | None:
    """The people or companies in a list, or nothing when its header is not the template's or it is too long."""
    text = content.decode("utf-8-sig", errors="replace")
    rows = csv.DictReader(io.StringIO(text))
    header = {name.strip().lower().replace(" ", "") for name in rows.fieldnames or ()}
    if not header or not header <= (COMPANY if companies else CONTACT) or (companies and "companyname" not in header):
        return None
    changes: list[Change] = []
    for row in rows:
        if len(changes) >= RECORDS:
            return None
        plain = {(name or "").strip().lower().replace(" ", ""): str(value or "").strip() for name, value in row.items()}
        keys = _company(plain) if companies else _contact(plain)
        if keys:
            changes.append((True, keys))
    return changes


def _contact(row: Mapping[str, str]) -> list[Key]:
    keys: list[Key] = []
    email = re.sub(r"\s", "", row.get("email", "")).lower()
    if email:
        value = email if DIGEST.fullmatch(email) else hashlib.sha256(email.encode()).hexdigest()
        keys.append(key_of("SHA256_EMAIL", value))
    if row.get("googleaid"):
        keys.append(key_of("GOOGLE_AID", row["googleaid"]))
    if not keys and row.get("firstname") and row.get("lastname"):
        rest = (row.get("jobtitle", ""), row.get("employeecompany", ""), row.get("country", ""))
        keys.append(name_key(row["firstname"], row["lastname"], rest))
    return keys


def _company(row: Mapping[str, str]) -> list[Key]:
    keys: list[Key] = [f"{field}:{row[column]}" for column, field in IDENTIFYING.items() if row.get(column)]
    return keys or ([f"companyName:{row['companyname']}"] if row.get("companyname") else [])
