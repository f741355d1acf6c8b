"""What is emulated, how sure it is, and which test shows it: behaviours.txt, the table behind docs/emulator.md."""

from importlib.resources import files
from typing import NamedTuple

CERTAINTIES = {
    "documented": "LinkedIn's own text says so",
    "restated": "others restate LinkedIn's text or change log, with a date",
    "observed": "others saw it on the wire, or rely on it in their code",
    "framework": "the open-source Rest.li server framework does it, on which LinkedIn's API runs",
    "guess": "nobody's text or code shows it; chosen to be strict towards a client",
}


class Behaviour(NamedTuple):
    """One thing the emulator does as LinkedIn does, or may do; `source` may be empty.

    `test` is what shows it, as `module::function`; `switches` turn it round.
    """

    text: str
    certainty: str
    source: str
    test: str
    switches: tuple[str, ...]


def behaviours() -> dict[str, list[Behaviour]]:
    """The table, by area."""
    areas: dict[str, list[Behaviour]] = {}
    rows: list[Behaviour] = []
    for line in files("linkedin_emulator").joinpath("behaviours.txt").read_text().splitlines()[1:]:
        if line.startswith("## "):
            rows = areas[line.removeprefix("## ")] = []
        elif line:
            text, certainty, source, test, switches = ("" if cell == "-" else cell for cell in line.split(" | "))
            rows.append(Behaviour(text, certainty, source, test, tuple(switches.split())))
    return areas


NOT_EMULATED = (
    "Campaigns: a segment is put into one through the control plane only",
    "Predictive audiences (`businessObjectiveBasedAudiences`), engagement and website retargeting",
    "Creating or changing ad accounts; one billing administrator per account; changing ad segments",
    "Reading the state of a list upload",
    "Targeting facets other than audience segments in `audienceCounts`",
    "Differences between API versions, apart from that of 202502: every active version behaves like the newest",
    "OpenID discovery and id tokens; tokens without a member (client credentials are refused)",
    "Sharing segments between accounts; that an application manages only segments of its own `sourcePlatform`",
    "Whether a digest is that of a normalised address: digests are found by chance, or as seeded",
    "Rounding, delays and sampling of the real counts",
    "Unpublished daily quotas: they are off until configured; the mail at 75 %, the portal's analytics",
    "The public status page",
    "Infrastructure: HTTP/2, 5xx of its own accord, cookies, entity tags; faults come on demand instead",
)
