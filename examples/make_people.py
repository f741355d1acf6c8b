"""Write the sample list of people: invented names, addresses of reserved domains, the same list every time.

python examples/make_people.py [ROWS] > people.csv
"""

from __future__ import annotations

import csv
import random
import sys

FIRST = (
    "Ada", "Alan", "Aisha", "Björn", "Carla", "Chen", "Dana", "Diego", "Elif", "Emma", "Farid", "Grace", "Hana",
    "Hugo", "Ines", "Ivan", "Jun", "Kofi", "Lena", "Li", "Luis", "Maja", "Mark", "Mei", "Milan", "Nadia", "Noah",
    "Olga", "Omar", "Pavel", "Priya", "Rosa", "Ruth", "Sami", "Sofia", "Tariq", "Uma", "Vera", "Wei", "Yara",
)  # fmt: skip
LAST = (
    "Adler", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ito", "Jansen", "Kaya",
    "Larsen", "Moreau", "Novak", "Okafor", "Patel", "Quinn", "Rossi", "Santos", "Tanaka", "Umarov", "Virtanen",
    "Weber", "Xu", "Yılmaz", "Zhang", "Lindqvist", "Mensah", "Nakamura", "O'Brien",
)  # fmt: skip
TITLES = ("Head of Marketing", "Data Engineer", "Account Executive", "CTO", "Product Manager", "Buyer", "Analyst")
COMPANIES = ("Example Works", "Sample & Sons", "Placeholder AG", "Larch Logistics", "Acme Test Ltd", "Null Pointer Inc")
COUNTRIES = ("DE", "FR", "GB", "NL", "US", "SE", "ES", "Germany", "USA")
DOMAINS = ("example.com", "example.org", "example.net")


def people(rows: int) -> list[list[str]]:
    """``rows`` rows: contact_id, email_address, first_name, last_name, job_title, company, country, consent."""
    dice = random.Random(300)  # noqa: S311 - a sample list, not a secret
    made = []
    for number in range(1, rows + 1):
        first, last = dice.choice(FIRST), dice.choice(LAST)
        address = f"{first}.{last}.{number}@{dice.choice(DOMAINS)}".replace("'", "")
        consent = "no" if number % 50 == 0 else "yes"
        trade = [dice.choice(TITLES), dice.choice(COMPANIES), dice.choice(COUNTRIES)]
        made.append([f"C-{number:06}", address, first, last, *trade, consent])
    for number, broken in enumerate(("not an address", "", "two@at@example.com")):
        made[100 + number][1] = broken
    return made


def main() -> None:
    """Print the list as CSV."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 12_000
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(
        ["contact_id", "email_address", "first_name", "last_name", "job_title", "company", "country", "consent"]
    )
    out.writerows(people(rows))


if __name__ == "__main__":
    main()
