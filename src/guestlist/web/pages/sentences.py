"""What the configuration says to whoever writes a file, said to whoever fills in a form."""

from __future__ import annotations

import re

NO_SCHEDULE = "A start date needs a schedule: choose one, or leave the date empty."
_SAID = tuple(
    (re.compile(theirs), ours)
    for theirs, ours in (
        (
            r"The mapping has no identifier: map .*",
            "LinkedIn could find nobody by this: add one of the fields named here.",
        ),
        (r" \(limits\.mappings_per_destination\); this", "; this"),
        (r"Disabled ones do not count", "Those that are paused do not count"),
        (r"a snapshot cannot be disabled; .*", "a snapshot is sent once and cannot be paused."),
        (r"remove_only needs segment_of, .*", "choose from which activation's LinkedIn audience it removes."),
        (r"segment_of goes with mode remove_only, .*", "only Remove only takes from another activation."),
        (r"segment_of must name an activation that has", "choose an activation that has"),
        (r"\bmode mirror\b", "Mirror"),
        (r"audience_key is required .*", "type the key by which the events name this audience."),
        (r"audience_key must be the key itself", "type the key itself"),
        (r"\S+ goes with an audience whose source is events", "this goes with an audience of events"),
        (r"stream needs an audience whose source is events", "Stream needs an audience of events"),
        (
            r"\S+ must be as in (activation .*), which has the same audience_key",
            r"it must be as in \1, which has the same key",
        ),
        (r".*\.write_keys must be a list of names, one at least", "tick at least one write key"),
        (r"with the same audience_key", "with this key"),
        (r"^(There is no (?:destination|activation) '.*?')(?: in |; known: |\. Known: ).*", r"\1."),
    )
)


def for_people(text: str) -> str:
    """The same without keys of the file; what no form is about stays as it is."""
    for theirs, ours in _SAID:
        text = theirs.sub(ours, text)
    return text
