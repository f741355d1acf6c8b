"""Every list that the API answers with has pages, or an end that is known beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.web.apikit import EVENTS, STREAM, Api, problem
from tests.web.browser import Browser
from tests.world import ACCOUNT, emails

Json = dict[str, Any]
BOUNDED = {  # how an operation and where its list stands end -> what bounds it
    "activations": "names that the configuration says, or one line for each of them",
    "status.used_by": "names that the configuration says",
    "/live keys": "one for each audience key of the activations of an audience",
    "/live rows": "one for each activation of an audience",
    "ends": "ways in which events end",
    "stages": "stages on the way of an event",
    "stages[].left": "ways in which events end",
    "over_time": "at most 48 stretches",
    "samples": "at most ten of each way in which events end",
    "who": "at most ten members, fifty of those who would leave",
    "/home needs": "the first fifty; GET /needs has pages",
    "/home calendar": "the first fifty; GET /dates has pages",
    "/home delivered": "24 hours",
    "columns": "the columns of one list",
    "mapping{}": "the columns of one list that feed one field",
    "/sample rows": "the first ten of a list",
    "/sample rows[]": "the columns of one list",
    "/encryption keys": "the keys that the environment or one file names",
    "scopes": "the scopes there are",
    "segments": "the activations there were when somebody was forgotten",
    "segments[]": "three facts",
    "values": "what one request to forget named",
    "unknown": "what one request to forget named",
    "/retention ": "what is kept, a table in the code",
    "/roles ": "the roles, which are fixed",
    "/roles [].permissions": "the permissions there are",
    "GET /settings ": "the settings there are",
    "/configuration/apply ": "what changed of one file that was sent",
    "explain steps": "what is done to one value",
    "explain steps[]": "two facts",
    "explain told": "one for each type that one value has",
    "event-trials told": "the mapped fields of one event",
    "event-trials told[]": "a few facts",
    "problems": "what can be wrong with one connection",
    "issues": "at most one",
    "/activation-sets items": "what one request asked for",
    "/members rejected": "what one request brought",
}


def lists(schema: Json, schemas: Json, at: str = "", within: tuple[str, ...] = ()) -> Iterator[str]:
    """Where the lists of an answer are, like ``activations[].ends``; not those of what the configuration describes."""
    if (name := schema.get("$ref", "").rpartition("/")[2]) and name not in within:
        yield from lists(schemas[name], schemas, at, (*within, name))
    for key in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(key, ()):
            yield from lists(each, schemas, at, within)
    if schema.get("type") == "array":
        yield at
        yield from lists(schema.get("items", {}), schemas, f"{at}[]", within)
    for name, each in schema.get("properties", {}).items():
        yield from lists(each, schemas, f"{at}.{name}".lstrip("."), within)
    if isinstance(each := schema.get("additionalProperties"), dict):
        yield from lists(each, schemas, f"{at}{{}}", within)


def answered(operation: Json, schemas: Json) -> set[str]:
    found: set[str] = set()
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            for media in answer.get("content", {}).values():
                found |= set(lists(media["schema"], schemas))
    return found


WHOLE = ["apply", "retention", "roles", "settings"]  # lists of a fixed length, as docs/api.md names them


def test_lists_that_come_whole_are_named(api: Api) -> None:
    document = Browser(api.web).get("/openapi.json").response.json()
    schemas = document["components"]["schemas"]
    whole = {
        path.rpartition("/")[2]
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if path.startswith("/api/v1/") and "" in answered(operation, schemas)
    }
    assert sorted(whole) == WHOLE
    said = (Path(__file__).parents[2] / "docs" / "api.md").read_text().partition("* **Lists**")[2].partition("\n* ")[0]
    assert all(f"/{each}`" in said for each in WHOLE)


def test_what_a_query_may_not_say_is_refused(api: Api) -> None:
    """A filter that is written wrongly would show everything."""
    refused = problem(api("GET", "/activations?limit=1&destinaton=acme"), 422)
    assert "destinaton" in refused["detail"]
    assert "destination" in refused["detail"].replace("destinaton", "")
    assert "takes none" in problem(api("POST", "/activations/main/pause?on=1", if_match="*"), 422)["detail"]
    assert "ann@example.com" not in api("GET", "/runs?ann@example.com=1").text
    assert "limit" not in problem(api("DELETE", "/activations/main?delete=1", if_match="*"), 422)["detail"]


# ── looked through ───────────────────────────────────────────────────────────────────────────────────────────────
def names(api: Api, where: str, search: str, key: str = "name") -> list[str]:
    return [each[key] for each in api.get(f"{where}{'&' if '?' in where else '?'}search={search}")["items"]]


def test_lists_are_looked_through_as_on_the_pages(api: Api) -> None:
    """ADOBE-13, ADOBE-69: names, and what stands beside them; letters large or small."""
    api.world.write(emails("ann"))
    api.make("destinations", "Zeta", {"ad_account": ACCOUNT + 1})
    api.make("audiences", "leads", EVENTS)
    api.make("activations", "hot", STREAM)
    api.world.sync()
    assert names(api, "/destinations", "ZETA") == ["Zeta"]
    assert names(api, "/destinations", str(ACCOUNT)) == ["acme"]
    assert names(api, "/destinations", "%20not%20CONN") == ["Zeta"]
    assert names(api, "/audiences", "people.csv") == ["people"]
    assert names(api, "/audiences", "hot") == ["leads"]
    assert names(api, "/activations", "leads") == ["hot"]
    assert names(api, "/activations", "BUILDING") == ["main"]
    assert names(api, "/activations?mode=stream", "acme") == ["hot"]
    for said in ("not%20connected", "NOT%20connected%20yet"):  # as scripts know it, and as it stands on the pages
        assert names(api, "/destinations", said) == ["Zeta"]
    assert names(api, "/destinations", "works") == ["acme"]
    assert names(api, "/audiences", "no%20event%20yet") == names(api, "/audiences", "no%20events%20yet") == ["leads"]
    api("POST", "/activations/hot/pause", if_match="*")
    assert names(api, "/activations", "paused") == names(api, "/activations", "disabled") == ["hot"]
    viewed = names(api, "/destinations/acme/ad-accounts", "viewer", "account")
    assert viewed == [f"urn:li:sponsoredAccount:{ACCOUNT + 1}"]
    for where in ("/destinations", "/audiences", "/activations", "/destinations/acme/ad-accounts"):
        assert names(api, where, "zzz", "account") == []
        first = api.get(f"{where}?limit=1&search=")
        assert first["items"]
        assert api.get(f"{where}?limit=1&search=&cursor={first['next']}")["items"]


def test_every_list_has_pages_or_an_end(api: Api) -> None:
    document = Browser(api.web).get("/openapi.json").response.json()
    schemas, unexplained, met = document["components"]["schemas"], [], set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if not path.startswith("/api/v1/"):
                continue
            taken = {each["name"] for each in operation.get("parameters", ())}
            for place in answered(operation, schemas):
                if place == "items" and {"cursor", "limit"} <= taken:
                    continue
                name = f"{method.upper()} {path.removeprefix('/api/v1')} {place}"
                reasons = {each for each in BOUNDED if re.search(rf"(?<![a-z]){re.escape(each)}$", name)}
                met |= reasons
                unexplained += [] if reasons else [name]
    assert sorted(unexplained) == []
    assert met == set(BOUNDED), "what is no list any more"
