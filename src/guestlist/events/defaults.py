"""What Segment's destination does unless told otherwise: the trigger and the mapping of a stream."""

from __future__ import annotations

from guestlist.core.identity import Kind

TRIGGER = 'event = "Audience Entered" or event = "Audience Exited"'

MAPPING: dict[Kind, dict[str, str]] = {
    Kind.PEOPLE: {
        "email": "context.traits.email || traits.email",
        "googleAdvertisingId": "context.device.advertisingId",
        "firstName": "traits.firstName",
        "lastName": "traits.lastName",
        "title": "traits.title",
        "company": "traits.company",
        "country": "traits.country",
    },
    Kind.COMPANIES: {
        "companyWebsiteDomain": "traits.company_domain || properties.company_domain",
        "organizationUrn": "traits.linkedin_company_id || properties.linkedin_company_id",
    },
}
