"""The yaml that `guestlist init` writes: it loads, and means what the header suggests."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.config import load
from guestlist.core.fields import FIELDS
from guestlist.core.identity import Kind
from guestlist.core.mapping import guess, identifies
from guestlist.starter import starter

KNOWN = [name for fields in FIELDS.values() for field in fields.values() for name in field.known_as]


def test_it_reads_well() -> None:
    columns = ["contact_id", "E-mail", "first name", "phone", "Opt In"]
    text = starter(Path("lists/My Contacts.csv"), columns, Kind.PEOPLE, guess(Kind.PEOPLE, columns))
    assert "  my-contacts:\n    members: people\n" in text
    assert "      file: lists/My Contacts.csv\n" in text
    assert '      email: "E-mail"  # leaves as a digest\n' in text.replace("email: E-mail", 'email: "E-mail"')
    assert "    # not mapped: phone, Opt In\n" in text
    assert '# filter: "\\"Opt In\\" = \'yes\'"' in text


@given(
    st.sampled_from(Kind),
    st.lists(st.text(min_size=1, max_size=10) | st.sampled_from(KNOWN), min_size=1, max_size=12, unique=True),
    st.sampled_from(["a.csv", "Jahr 2026/größe ${X}.csv", "..."]),
)
def test_whatever_the_columns_it_loads_and_means_the_mapping(
    tmp_path_factory: pytest.TempPathFactory, kind: Kind, columns: list[str], name: str
) -> None:
    path = tmp_path_factory.mktemp("starter") / "guestlist.yaml"
    mapping = {target: sources for target, sources in guess(kind, columns).items() if "accountName" not in sources}
    mapping = {t: s for t, s in mapping.items() if not s[0].startswith(("accountKey.", "accountOrganization."))}
    path.write_text(starter(Path(name), columns, kind, mapping), encoding="utf-8")
    config = load(path, {})
    (activation,) = config.activations.values()
    (audience,) = config.audiences.values()
    assert audience.kind is kind
    assert audience.source.file == name
    assert activation.mapping == (mapping if identifies(kind, mapping) else None)


def test_no_address_is_written_down() -> None:
    columns = ["jane.doe@example.com", "email"]
    assert "jane" not in starter(Path("a.csv"), columns, Kind.PEOPLE, guess(Kind.PEOPLE, columns))
