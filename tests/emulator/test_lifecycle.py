import pytest

from tests.emulator.kit import LinkedIn, user

DAY = 86_400


def test_a_new_segment_is_not_found_below_for_five_seconds(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(ready=False)
    reply = linkedin_api.tell(number, user("a"))
    expected = {"status": 404, "code": "NOT_FOUND", "message": f"Could not find DMP segment with ID {number}"}
    assert (reply.status_code, reply.json()) == (404, expected)
    assert linkedin_api.get(f"/rest/dmpSegments/{number}/destinations").status_code == 404
    assert linkedin_api.get(f"/rest/dmpSegments/{number}").status_code == 200
    linkedin_api.emulator.control.clock(advance=5)
    assert linkedin_api.tell(number, user("a")).status_code == 200


def test_it_may_take_longer(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(segment_visible_after=120)
    number = linkedin_api.segment(ready=False)
    linkedin_api.emulator.control.clock(advance=119)
    assert linkedin_api.tell(number, user("a")).status_code == 404


def test_building_becomes_ready_within_48_hours(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(ready=False)
    linkedin_api.emulator.control.clock(advance=2 * DAY - 1)
    assert linkedin_api.destination(number)["status"] == "BUILDING"
    linkedin_api.emulator.control.clock(advance=1)
    destination = linkedin_api.destination(number)
    assert (destination["status"], destination["matchedCount"], destination["audienceSize"]) == ("READY", 0, 0)
    assert linkedin_api.record(number)["inputCount"] == 0


@pytest.mark.parametrize(
    ("ripening", "statuses"),
    [
        ({"ripening": "immediately"}, ["READY", "READY"]),
        ({"ripening": "reads", "ripening_reads": 2}, ["BUILDING", "READY"]),
        ({"ripening": "stay"}, ["BUILDING", "BUILDING"]),
        ({"ripening": "fail"}, ["FAILED", "FAILED"]),
    ],
)
def test_ripening_can_be_chosen(linkedin_api: LinkedIn, ripening: dict[str, object], statuses: list[str]) -> None:
    linkedin_api.emulator.control.config(**ripening)
    number = linkedin_api.segment(ready=False)
    assert [linkedin_api.destination(number)["status"] for _ in statuses] == statuses


def test_people_may_be_told_while_building(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(ready=False)
    linkedin_api.emulator.control.clock(advance=5)
    assert linkedin_api.tell(number, user("a")).status_code == 200
    assert linkedin_api.destination(number)["status"] == "BUILDING"


def test_a_change_goes_through_updating(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    linkedin_api.tell(number, user("a"))
    assert linkedin_api.destination(number)["status"] == "UPDATING"
    linkedin_api.emulator.control.clock(advance=60)
    assert linkedin_api.destination(number)["status"] == "READY"


def test_thirty_idle_days_archive_and_ninety_expire(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    linkedin_api.tell(number, user("a"))
    control = linkedin_api.emulator.control
    for days, status in ((29, "READY"), (1, "ARCHIVED"), (59, "ARCHIVED"), (1, "EXPIRED")):
        control.clock(advance=days * DAY)
        linkedin_api.token = control.token()["access_token"]
        assert linkedin_api.destination(number)["status"] == status
    assert linkedin_api.inside(number) == []


def test_a_long_absence_passes_every_station(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(ready=False)
    linkedin_api.emulator.control.clock(advance=200 * DAY)
    linkedin_api.token = linkedin_api.emulator.control.token()["access_token"]
    assert linkedin_api.destination(number)["status"] == "EXPIRED"


def test_an_edit_keeps_a_segment_awake(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    linkedin_api.emulator.control.clock(advance=29 * DAY)
    patch = {"patch": {"$set": {"description": "still needed"}}}
    linkedin_api.post(f"/rest/dmpSegments/{number}", patch, "PARTIAL_UPDATE")
    linkedin_api.emulator.control.clock(advance=29 * DAY)
    assert linkedin_api.destination(number)["status"] == "READY"


def test_a_campaign_keeps_a_segment_awake_and_wakes_it(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    control = linkedin_api.emulator.control
    control.campaign(number)
    control.clock(advance=50 * DAY)
    assert linkedin_api.destination(number)["status"] == "READY"
    control.campaign(number, active=False)
    control.ripen(number, "ARCHIVED")
    control.campaign(number)
    assert linkedin_api.destination(number)["status"] == "BUILDING"


def test_data_wakes_an_archived_segment_through_building(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    linkedin_api.emulator.control.ripen(number, "ARCHIVED")
    assert linkedin_api.tell(number, user("a")).status_code == 200
    destination = linkedin_api.destination(number)
    assert destination["status"] == "BUILDING"
    assert "audienceSize" not in destination


@pytest.mark.parametrize("status", ["EXPIRED", "FAILED", "ERROR"])
def test_nothing_can_be_told_to_a_dead_segment(linkedin_api: LinkedIn, status: str) -> None:
    number = linkedin_api.segment()
    linkedin_api.emulator.control.ripen(number, status)
    reply = linkedin_api.tell(number, user("a"))
    assert (reply.status_code, reply.json()["code"]) == (400, "INVALID_VALUE_FOR_FIELD")
    linkedin_api.emulator.control.config(terminal_add="accept")
    assert linkedin_api.tell(number, user("a")).status_code == 200
    assert linkedin_api.destination(number)["status"] == status


def test_a_failure_may_be_called_error(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(ripening="fail", failure_status="ERROR")
    assert linkedin_api.destination(linkedin_api.segment(ready=False))["status"] == "ERROR"


@pytest.mark.parametrize(("fraction", "status"), [(1.0, "READY"), (0.0, "BUILDING")])
def test_an_archived_segment_with_nobody_in_it_never_returns(
    linkedin_api: LinkedIn, fraction: float, status: str
) -> None:
    control = linkedin_api.emulator.control
    control.config(match_fraction=fraction, opted_out_fraction=0)
    number = linkedin_api.segment()
    linkedin_api.tell(number, user("a"))
    control.ripen(number, "ARCHIVED")
    linkedin_api.tell(number, user("a"))
    control.clock(advance=2 * DAY)
    assert linkedin_api.destination(number)["status"] == status
    control.clock(advance=30 * DAY)
    assert linkedin_api.destination(number)["status"] == "ARCHIVED"


def test_a_draft_campaign_keeps_a_segment_for_thirty_days(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    control = linkedin_api.emulator.control
    control.clock(advance=29 * DAY)
    control.campaign(number, draft=True)
    control.clock(advance=29 * DAY)
    assert linkedin_api.destination(number)["status"] == "READY"
    control.clock(advance=DAY)
    assert linkedin_api.destination(number)["status"] == "ARCHIVED"
    control.campaign(number, draft=True)
    assert linkedin_api.destination(number)["status"] == "BUILDING"


@pytest.mark.parametrize("status", ["EXPIRED", "FAILED", "ERROR"])
def test_a_dead_segment_cannot_go_into_a_campaign(linkedin_api: LinkedIn, status: str) -> None:
    number = linkedin_api.segment()
    control = linkedin_api.emulator.control
    control.ripen(number, status)
    with pytest.raises(ValueError, match=f"FIELD_VALUE_NOT_ALLOWED_FOR_SEGMENT_STATUS.*{status}"):
        control.campaign(number)
    control.campaign(number, active=False)
    assert not control.segment(number)["targetable"]


def test_an_archived_segment_can_be_targeted_still(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=1, opted_out_fraction=0)
    number = linkedin_api.segment()
    linkedin_api.tell(number, *[user(str(n)) for n in range(300)])
    linkedin_api.emulator.control.ripen(number, "ARCHIVED")
    assert linkedin_api.emulator.control.segment(number)["targetable"]


def test_every_station_can_be_shortened(linkedin_api: LinkedIn) -> None:
    control = linkedin_api.emulator.control
    control.config(ripening_seconds=10, updating_seconds=2, archive_after_days=1, expire_after_days=3)
    number = linkedin_api.segment(ready=False)
    control.clock(advance=10)
    assert linkedin_api.destination(number)["status"] == "READY"
    linkedin_api.tell(number, user("a"))
    assert linkedin_api.destination(number)["status"] == "UPDATING"
    for seconds, status in ((2, "READY"), (DAY - 2, "ARCHIVED"), (2 * DAY, "EXPIRED")):
        control.clock(advance=seconds)
        assert linkedin_api.destination(number)["status"] == status
