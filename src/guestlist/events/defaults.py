"""What a stream does unless its file says otherwise: Segment's trigger, and where senders have what LinkedIn takes."""

from __future__ import annotations

from collections.abc import Mapping

from guestlist.core.identity import Kind

TRIGGER = 'event = "Audience Entered" or event = "Audience Exited"'

# Where Segment's own mapping looks (SEGMENT-22..25, 35), and where RudderStack's records have the same
MAPPING: Mapping[Kind, Mapping[str, str]] = {
    Kind.PEOPLE: {
        "email": "context.traits.email || traits.email || properties.email || identifiers.email || fields.email",
        "googleAdvertisingId": "context.device.advertisingId",
        "firstName": "traits.firstName || context.traits.firstName || properties.firstName || fields.firstName",
        "lastName": "traits.lastName || context.traits.lastName || properties.lastName || fields.lastName",
        "title": "traits.title || context.traits.title || properties.title || fields.title",
        "company": "traits.company || context.traits.company || properties.company || fields.company",
        "country": "traits.country || context.traits.country || properties.country || fields.country",
    },
    Kind.COMPANIES: {
        "companyWebsiteDomain": "properties.company_domain || traits.company_domain || traits.website || "
        "identifiers.company_domain || fields.company_domain",
        "organizationUrn": "properties.linkedin_company_id || traits.linkedin_company_id || "
        "identifiers.linkedin_company_id || fields.linkedin_company_id",
        "companyName": "properties.company_name || traits.company_name || fields.company_name",
    },
}
