from emulator.kit import LinkedIn, shown, user


def test_a_segment_is_made_filled_and_found(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(sourceSegmentId="crm-17")
    reply = linkedin_api.tell(number, user("a"), user("b"), user("b", "REMOVE"))
    assert (reply.status_code, reply.json()) == (200, {"elements": [{"status": 201}] * 3})
    assert linkedin_api.inside(number) == [shown("a")]
    found = linkedin_api.get(
        "/rest/dmpSegments?q=account&account=urn:li:sponsoredAccount:516848833&sourceSegmentId=crm-17"
    ).json()
    assert [one["id"] for one in found["elements"]] == [number]


def test_me_and_roles(linkedin_api: LinkedIn) -> None:
    assert linkedin_api.get("/rest/me").json()["id"] == "AbC123xyz"
    roles = linkedin_api.get("/rest/adAccountUsers?q=authenticatedUser").json()["elements"]
    assert [role["role"] for role in roles] == ["CAMPAIGN_MANAGER", "VIEWER", "CAMPAIGN_MANAGER"]
    assert len(linkedin_api.get("/rest/adAccounts?q=search").json()["elements"]) == 3
