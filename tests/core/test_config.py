"""guestlist.yaml: what it means, and the sentence for each mistake in it."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestlist import config_reference
from guestlist.config import Config, load, schema
from guestlist.core.guard import Limit
from guestlist.core.identity import Kind
from guestlist.errors import ConfigError
from guestlist.settings import Settings
from guestlist.settings import read as read_settings

FULL = """\
destinations:
  acme:                              # name
    ad_account: 516848833
    description: EMEA demand gen
    enabled: true
    send_email: true
    send_google_advertising_id: true
audiences:
  newsletter:
    members: people
    source: {file: contacts.csv, max_age: 26h}
    filter: "consent = 'yes'"
activations:
  newsletter-to-acme:
    audience: newsletter
    destination: acme
    enabled: true
    mode: mirror
    segment_name: Newsletter readers
    rename: keep
    on_delete: keep
    mapping: {email: email_address, firstName: first_name, primaryId: contact_id}
    derive: true
    max_removals: 20%
    schedule: {every: 1h}
    refresh: 30d
    keep_alive: false
limits: {mappings_per_destination: 50}
notify: {url: "${SLACK_WEBHOOK}"}
"""
ENVIRON = {"SLACK_WEBHOOK": "https://hooks.slack.example/T000/secret"}
SHORT = """\
destinations: {acme: {ad_account: 1}}
audiences:
  people: {members: people, source: {file: a.csv}}
  firms: {members: companies, source: {file: b.csv}}
activations:
  one:
    audience: people
    destination: acme
"""


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str | bytes, environ: dict[str, str] | None = None) -> Config:
        path = tmp_path / "guestlist.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path, ENVIRON if environ is None else environ)

    return write


def refusal(written, text: str | bytes, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as error:
        written(text, environ)
    sentence = str(error.value)
    assert "\n" not in sentence
    return sentence.split("guestlist.yaml", 1)[1].lstrip(", ")


def test_the_whole_shape(written) -> None:
    config = written(FULL)
    destination = config.destinations["acme"]
    assert destination.ad_account == "urn:li:sponsoredAccount:516848833"
    assert (destination.description, destination.enabled, destination.send_email) == ("EMEA demand gen", True, True)
    audience = config.audiences["newsletter"]
    assert (audience.kind, audience.source.file, audience.source.max_age) == (Kind.PEOPLE, "contacts.csv", 26 * 3600.0)
    assert audience.filter == "consent = 'yes'"
    activation = config.activations["newsletter-to-acme"]
    assert activation.mapping == {
        "email": ("email_address",),
        "firstName": ("first_name",),
        "primaryId": ("contact_id",),
    }
    assert activation.max_removals == Limit(share=0.2)
    assert activation.schedule
    assert activation.schedule.every == 3600.0
    assert activation.refresh == 30 * 86400.0
    assert activation.segment_title == "Newsletter readers"
    assert config.limits.mappings_per_destination == 50
    assert config.notify
    assert config.notify.url == ENVIRON["SLACK_WEBHOOK"]
    assert "secret" not in repr(config)
    assert config.folder == config.path.parent


def test_what_is_left_out(written) -> None:
    config = written(SHORT + "    schedule:\n    mapping:\n")
    activation = config.activations["one"]
    assert (activation.mode, activation.rename, activation.on_delete) == ("mirror", "keep", "keep")
    assert (activation.enabled, activation.derive, activation.keep_alive) == (True, True, False)
    assert (activation.mapping, activation.schedule, activation.refresh) == (None, None, None)
    assert activation.max_removals == Limit(share=0.2)
    assert activation.segment_title == "people"  # DYN: the segment's name at creation
    assert config.destinations["acme"].send_google_advertising_id
    assert config.limits.mappings_per_destination == 50
    assert config.notify is None


@pytest.mark.parametrize("account", ["7", "'7'", "urn:li:sponsoredAccount:7", "${ACCOUNT}"])
def test_ad_accounts(written, account: str) -> None:
    config = written(f"destinations: {{a: {{ad_account: '{account.strip(chr(39))}'}}}}", {"ACCOUNT": "7"})
    assert config.destinations["a"].ad_account == "urn:li:sponsoredAccount:7"


@pytest.mark.parametrize(
    ("text", "limit"),
    [("20%", Limit(share=0.2)), ("0.5%", Limit(share=0.005)), ("500", Limit(count=500)), ("0", Limit(count=0))],
)
def test_max_removals(written, text: str, limit: Limit) -> None:
    assert written(SHORT + f"    max_removals: {text}\n").activations["one"].max_removals == limit


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("26h", 93600), ("30d", 2592000)])
def test_durations(written, text: str, seconds: float) -> None:
    assert written(SHORT + f"    refresh: {text}\n").activations["one"].refresh == seconds


def test_texts_stay_as_they_were_written(written) -> None:
    config = written(SHORT + "    segment_name: 007\n    mapping: {email: [2024-01-01, no], primaryId: 1_0}\n")
    assert config.activations["one"].segment_name == "007"
    assert config.activations["one"].mapping == {"email": ("2024-01-01", "no"), "primaryId": ("1_0",)}


def test_the_environment_fills_in(written) -> None:
    text = SHORT + '    segment_name: "${TEAM} in ${TEAM}, $${TEAM}"\n'
    assert written(text, {"TEAM": "a: [b"}).activations["one"].segment_name == "a: [b in a: [b, ${TEAM}"


def test_merge_keys(written) -> None:
    text = SHORT.replace("  one:", "  one: &one") + "    derive: false\n  two:\n    <<: *one\n    enabled: false\n"
    two = written(text).activations["two"]
    assert (two.audience, two.derive, two.enabled) == ("people", False, False)


MISTAKES = [
    # unknown, missing, twice
    (SHORT + "    modee: mirror\n", 'line 9: unknown key "modee" in activations.one (did you mean "mode"?'),
    (SHORT + "    xyzzy: 1\n", 'line 9: unknown key "xyzzy" in activations.one; known are audience, destination'),
    ("destination: {}\n", 'line 1: unknown key "destination" (did you mean "destinations"?'),
    (SHORT.replace("ad_account", "ad_acount"), 'line 1: unknown key "ad_acount" in destinations.acme (did you mean'),
    (SHORT.replace("{file: a.csv}", "{path: a.csv}"), 'line 3: unknown key "path" in audiences.people.source'),
    (SHORT + "    schedule: {evry: 1h}\n", 'unknown key "evry" in activations.one.schedule (did you mean "every"?'),
    ("destinations: {acme: {}}", 'line 1: "ad_account" is missing in destinations.acme'),
    (SHORT + "    destination: other\n", 'line 9: the key "destination" is there twice (first on line 8)'),
    # environment
    (SHORT + '    segment_name: "x ${NOPE}"\n', "line 9: the environment variable NOPE is not set"),
    (SHORT + '    segment_name: "${a b}"\n', "line 9: ${...} must hold the name of an environment variable"),
    # values
    (SHORT + "    mode: copy\n", "line 9: activations.one.mode must be mirror, stream, add_only, remove_only or snap"),
    (SHORT + "    mode: stream\n", "line 9: activation one: stream needs an audience whose source is events"),
    (SHORT + "    enabled: maybe\n", "line 9: activations.one.enabled must be true or false"),
    (SHORT + "    refresh: 30 days\n", 'line 9: activations.one.refresh: "30 days" is no duration; write it like 90s'),
    (SHORT + "    refresh: 0h\n", "is no duration"),
    (SHORT + "    max_removals: 120%\n", '"120%" is neither a share nor a count; write it like 20% or 500'),
    (SHORT + "    max_removals: 0.2\n", "is neither a share nor a count"),
    (SHORT.replace("ad_account: 1", "ad_account: acme"), "must be the number of an ad account"),
    (SHORT + "    schedule: {every: 1s}\n", "line 9: activations.one.schedule.every: it must be 1m or longer"),
    (SHORT + "    schedule: {cron: '@hourly'}\n", '"@hourly" is no cron expression'),
    (SHORT + "    schedule: {cron: 'ann@hourly'}\n", '"a***@hourly" is no cron expression'),
    (SHORT + "    schedule: {}\n", "line 9: activations.one.schedule: a schedule has either every or cron"),
    (SHORT + '    schedule: {every: 1h, cron: "0 6 * * *"}\n', "a schedule has either every or cron"),
    (SHORT + '    schedule: {cron: "0 6 * *"}\n', 'line 9: activations.one.schedule.cron: "0 6 * *" is no cron'),
    (SHORT + '    schedule: {cron: "* * * * * *"}\n', '"* * * * * *" is no cron expression of five fields'),
    (SHORT + '    schedule: {cron: "0 6 * * 9"}\n', '"0 6 * * 9" is no cron'),
    (SHORT + '    schedule: {cron: "0 6 * * *", timezone: Berlin}\n', '"Berlin" is no time zone'),
    (SHORT + "    schedule: {every: 1d, start: 1.12.2026}\n", 'one.schedule.start: "1.12.2026" is no date'),
    (SHORT + "    schedule: {every: 1d, start: 2026-02-30}\n", "is no date; write it like 2026-12-01"),
    (SHORT + '    schedule: {cron: "0 6 * * *", timezone: ../../etc/passwd}\n', "is no time zone"),
    (SHORT + "    schedule: hourly\n", "line 9: activations.one.schedule must hold keys of its own"),
    (SHORT + "limits: {mappings_per_destination: many}\n", "limits.mappings_per_destination must be a whole number"),
    (SHORT + "notify: {url: slack}\n", "notify.url: the address must start with https://"),
    (SHORT.replace("  one:", "  a/b:"), "a name has 1 to 100 characters, no slash"),
    (SHORT.replace("{file: a.csv}", "{file: ''}"), "audiences.people.source.file: it must not be empty"),
    # references
    (SHORT.replace("audience: people", "audience: peeple"), 'there is no audience "peeple" (did you mean "people"?'),
    (SHORT.replace("destination: acme", "destination: acne"), 'line 8: activation one: there is no destination "acne"'),
    (SHORT + "    mode: remove_only\n", "line 9: activation one: remove_only needs segment_of"),
    (SHORT + "    segment_of: nobody\n", 'there is no activation "nobody"'),
    (SHORT + "    mode: remove_only\n    segment_of: one\n", "line 10: activation one: segment_of must name"),
    (
        SHORT + "    segment_of: two\n  two: {audience: people, destination: acme}\n",
        "segment_of goes with mode remove_only, not with mirror",
    ),
    (
        SHORT + "    mode: remove_only\n    segment_of: two\n  two: {audience: firms, destination: acme}\n",
        "activation one: two is not made of people",
    ),
    (SHORT + "    mode: snapshot\n    enabled: false\n", "line 10: activation one: a snapshot cannot be disabled"),
    # toggles (SEGMENT-12) and mappings (ADOBE-25, ADOBE-26)
    (
        SHORT.replace("ad_account: 1", "ad_account: 1, send_email: false, send_google_advertising_id: no"),
        "line 1: destination acme: At least one of `Send Email` or `Send Google Advertising ID` must be set to `true`",
    ),
    (SHORT + "    mapping:\n      email: e\n      phone: p\n", 'line 11: activation one: "phone" cannot be mapped'),
    (SHORT + "    mapping: {firstName: f}\n", "line 9: activation one: The mapping has no identifier"),
    (SHORT + "    mapping: {}\n", "The mapping has no identifier"),
    (SHORT + "    mapping: {email: [e, ]}\n    audience: firms\n", "there twice"),
    (SHORT.replace("audience: people", "audience: firms") + "    mapping: {companyName: accountName}\n",
     '"primaryId: accountKey.sourceKey"'),
    (SHORT + "    mapping: {email: }\n", "line 9: activations.one.mapping.email must be a source field"),
    # limits: SEGMENT-07, X-10
    (
        SHORT + "  two: {audience: people, destination: acme}\nlimits: {mappings_per_destination: 1}\n",
        "line 9: activation two: At most 1 activation may feed one destination",
    ),
    # YAML and files
    ("", "must hold destinations, audiences and activations; it holds nothing"),
    ("- a\n", "it holds a list"),
    ("destinations: {acme: [\n", "line 2: not valid YAML"),
    ("a: 1\n\tb: 2\n", "line 2: not valid YAML"),
    ("destinations: !python/object:os.system x\n", "line 1: the tag"),
    ("destinations: &a {b: *a}\n", "an alias stands inside of what it stands for"),
    ("? [a]\n: b\n", "a key must be a plain name"),
    (b"a: \xff\xfe", "is not UTF-8"),
    (b"a: \x07", "is not valid YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), MISTAKES, ids=range(len(MISTAKES)))
def test_each_mistake_is_one_sentence_with_its_line(written, text: str | bytes, sentence: str) -> None:
    assert sentence in refusal(written, text)


EVENTS = """\
destinations: {acme: {ad_account: 1}, other: {ad_account: 2}}
audiences:
  hot: {members: people, source: {events: {write_keys: [engage]}}}
  cold: {members: people, source: {events: {write_keys: [engage]}}}
activations:
  one: {audience: hot, destination: acme, mode: stream, audience_key: k}
"""
SECOND = EVENTS + "  two: {audience: hot, destination: other, mode: stream, audience_key: k, "
EVENT_MISTAKES = [
    # the key: required, a literal (SEGMENT-26), of one audience for ever
    (EVENTS.replace(", audience_key: k", ""), "activation one: audience_key is required where the source is events"),
    (EVENTS.replace("audience_key: k", 'audience_key: "a\\nb"'), "activations.one.audience_key: it must be one line"),
    (SHORT.replace("people:", '"..":').replace("audience: people", 'audience: ".."'), "a name is more than dots"),
    (SHORT.replace("people:", "new:").replace("audience: people", "audience: new"), "a page is called new"),
    (SHORT.replace("acme", "connect"), "a page is called connect"),
    *((EVENTS.replace("audience_key: k", f"audience_key: '{path}'"), "must be the key itself, not a path or template")
      for path in ("$.properties.audience_key", "properties.audience_key", "{{properties.key}}", "a || b")),
    (EVENTS.replace("audience_key: k", "audience_key: '${KEY}'"),
     "line 6: activation one: audience_key must be written out, not taken from the environment"),
    (EVENTS + "  two: {audience: hot, destination: acme, mode: stream, audience_key: k}\n",
     "line 7: activation two: activation one feeds acme with the same audience_key already"),
    (EVENTS + "  two: {audience: hot, destination: acme, mode: mirror, audience_key: k}\n",
     "activation one feeds acme with the same audience_key already"),
    (EVENTS + "  two: {audience: cold, destination: other, mode: stream, audience_key: k}\n",
     "line 7: activation two: the key belongs to audience hot (activation one)"),
    # another ad account: who is in has to be decided the same way
    (SECOND + "trigger: 'type = \"track\"'}\n", "activation two: trigger must be as in activation one"),
    (SECOND + "action: add}\n", "activation two: action must be as in activation one"),
    (SECOND + "mapping: {email: traits.email}}\n", "activation two: mapping must be as in activation one"),
    # triggers and mappings are read with the file
    (EVENTS.replace("key: k", "key: k, trigger: 'event = '"), "line 6: activation one: trigger: "),
    (EVENTS.replace("key: k", "key: k, trigger: {all: [{on: event_name, op: resembles, value: x}]}"), "trigger: "),
    (EVENTS.replace("key: k", "key: k, mapping: {email: 'a[?'}"), "activation one: mapping.email: "),
    (EVENTS.replace("key: k", "key: k, mapping: {firstName: traits.firstName}"), "has no identifier"),
    (EVENTS.replace("key: k", "key: k, action: perhaps"), "action must be auto, add or remove"),
    (EVENTS.replace("{events:", "{file: a.csv, events:"), "audiences.hot"),
    (EVENTS.replace("key: k", "key: k, trigger: []"),
     "line 6: activations.one.trigger must be FQL, or `all:` or `any:` with a list of conditions"),
    *((EVENTS.replace("[engage]", keys, 1), "line 3: audiences.hot.source.events.write_keys must be a list of names")
      for keys in ("[]", "engage", "{a: b}")),
    (SHORT + "    audience_key: k\n", "audience_key goes with an audience whose source is events"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), EVENT_MISTAKES, ids=range(len(EVENT_MISTAKES)))
def test_what_events_cannot_be_decided_by_is_refused_with_the_file(written, text: str, sentence: str) -> None:
    assert sentence in refusal(written, text, {"KEY": "k"})


def test_a_key_may_feed_a_second_ad_account_with_traits_of_its_own(written) -> None:
    names = ("Audience Entered", "Audience Exited")
    condition = "{{any: [{}]}}".format(", ".join(f"{{on: event_name, op: is, value: {name}}}" for name in names))
    same = "email: context.traits.email || traits.email"
    first = EVENTS.replace("key: k", f"key: k, mapping: {{{same}}}")
    second = SECOND.removeprefix(EVENTS) + f"trigger: {condition}, mapping: {{{same}, title: traits.title}}}}\n"
    assert set(written(first + second).activations) == {"one", "two"}


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"does not exist; `guestlist init` writes one"):
        load(tmp_path / "guestlist.yaml", {})
    with pytest.raises(ConfigError, match="is a folder"):
        load(tmp_path, {})


def test_fifty_activations_may_feed_a_destination_and_no_more(written) -> None:  # SEGMENT-07
    more = "".join(f"  a{i}: {{audience: people, destination: acme}}\n" for i in range(49))
    assert len(written(SHORT + more).activations) == 50
    text = SHORT + more + "  last: {audience: people, destination: acme}\n"
    assert "activation last: At most 50 activations may feed one destination" in refusal(written, text)
    for disabled in (text.replace("acme}\n", "acme, enabled: false}\n", 1), text[:-2] + ", enabled: false}\n"):
        assert len(written(disabled).activations) == 51


def test_no_address_is_printed(written) -> None:
    assert "jane.doe" not in refusal(written, SHORT + "    jane.doe@example.com: x\n")
    assert "jane.doe" not in refusal(written, SHORT + "    refresh: jane.doe@example.com\n")


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_any_text_is_a_configuration_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "guestlist.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigError):
        load(path, {})


def test_the_documents_are_those_of_the_code() -> None:
    docs = Path(__file__).parents[2] / "docs"
    assert (docs / "configuration.md").read_text(encoding="utf-8") == config_reference.markdown()
    assert (docs / "guestlist.schema.json").read_text(encoding="utf-8") == config_reference.schema_json()


def test_every_key_is_described() -> None:
    for definition in schema()["$defs"].values():
        for key, value in definition["properties"].items():
            assert value.get("description"), key


# ── environment ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_settings_by_default() -> None:
    settings_ = read_settings({})
    assert settings_.home == Path.home() / ".guestlist"
    assert settings_.database_url == f"sqlite:///{settings_.home}/guestlist.db"
    assert settings_.data_url == f"{settings_.home}/data"
    assert settings_.linkedin_api_url == "https://api.linkedin.com/rest"
    assert settings_.linkedin_oauth_url == "https://www.linkedin.com/oauth/v2"
    assert (settings_.linkedin_version, settings_.linkedin_source_platform) == ("202609", "DIRECT_API")
    assert (settings_.request_timeout, settings_.request_lifetime) == (60.0, 120.0)
    assert settings_.secret_key is settings_.linkedin_client_id is settings_.public_url is None


def test_settings_from_the_environment() -> None:
    environ = {
        "GUESTLIST_HOME": os.fspath(Path("/srv/guestlist")),
        "GUESTLIST_DATABASE_URL": "postgresql://me:hunter2@db/guestlist",
        "GUESTLIST_DATA_URL": "s3://bucket/folder",
        "GUESTLIST_SECRET_KEY": "hunter3 and some more of it",
        "GUESTLIST_PUBLIC_URL": "https://lists.example/",
        "GUESTLIST_LINKEDIN_API_URL": "http://127.0.0.1:8085/rest/",
        "GUESTLIST_LINKEDIN_CLIENT_SECRET": "hunter4",
        "GUESTLIST_LINKEDIN_VERSION": "202607",
        "GUESTLIST_REQUEST_TIMEOUT": "2.5",
        "GUESTLIST_REQUEST_LIFETIME": "3",
    }
    settings_ = read_settings(environ)
    assert (settings_.home, settings_.data_url) == (Path("/srv/guestlist"), "s3://bucket/folder")
    assert settings_.linkedin_api_url == "http://127.0.0.1:8085/rest"
    assert settings_.public_url == "https://lists.example"
    assert (settings_.request_timeout, settings_.request_lifetime) == (2.5, 3.0)
    assert settings_.linkedin_client_secret == "hunter4"
    assert "hunter" not in repr(settings_)
    assert isinstance(settings_, Settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GUESTLIST_REQUEST_TIMEOUT", "soon"),
        ("GUESTLIST_REQUEST_LIFETIME", "0"),
        ("GUESTLIST_LINKEDIN_VERSION", "2026-09"),
        ("GUESTLIST_LINKEDIN_VERSION", "202612"),
        ("GUESTLIST_LINKEDIN_API_URL", "api.linkedin.com"),
        ("GUESTLIST_LINKEDIN_CAMPAIGN_MANAGER_URL", "javascript:alert(1)//{account}"),
        ("GUESTLIST_LINKEDIN_SOURCE_PLATFORM", "direct api"),
        ("GUESTLIST_SECRET_KEY", "changeme"),
        ("GUESTLIST_SECRET_KEY", "changeme" * 4),
        ("GUESTLIST_SECRET_KEY", "0" * 64),
        ("GUESTLIST_SECRET_KEY", " , hunter2," + "0123456789abcdef" * 4),
    ],
)
def test_a_bad_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read_settings({name: value})


@pytest.mark.parametrize(
    "key",
    [
        "".join(f"{n:x}" for n in range(16)) * 4,
        "S1aVjR5mW1nS5m9x2yCq7o0uR4bT8eLpZkXw3dGhF6Y=",
        "correct horse battery staple",
        "0123456789abcdef" * 4 + ", hunter2",
    ],
)
def test_a_strong_secret_key_is_taken_and_the_ones_behind_it_only_open(key: str) -> None:
    assert read_settings({"GUESTLIST_SECRET_KEY": key}).secret_key == key


def test_a_weak_secret_key_is_refused_without_showing_it_and_with_the_way_out() -> None:
    with pytest.raises(ConfigError) as refused:
        read_settings({"GUESTLIST_SECRET_KEY": "hunter2"})
    assert "hunter2" not in str(refused.value)
    assert "`openssl rand -hex 32`" in str(refused.value)
