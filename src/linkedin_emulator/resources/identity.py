"""me and userinfo: who the token speaks for."""

from linkedin_emulator.resources.replies import entity
from linkedin_emulator.routing import ROUTER, Call
from linkedin_emulator.wire import Json, Reply
from linkedin_emulator.world import World


@ROUTER.route("me", "GET", scopes="r_basicprofile r_liteprofile")
def me(world: World, call: Call) -> Reply:
    """The member, for `r_basicprofile`."""
    person = world.oauth.people[call.member]
    record = {
        "id": person.id,
        "localizedFirstName": person.first_name,
        "localizedLastName": person.last_name,
        "localizedHeadline": person.headline,
    }
    return entity(call, record)


@ROUTER.route("userinfo", "GET", scopes="openid+profile")
def userinfo(world: World, call: Call) -> Reply:
    """OpenID claims, for `openid profile`; the e-mail only with `email`."""
    person = world.oauth.people[call.member]
    record: Json = {
        "sub": person.id,
        "name": f"{person.first_name} {person.last_name}",
        "given_name": person.first_name,
        "family_name": person.last_name,
        "locale": {"country": "US", "language": "en"},
    }
    if "email" in call.scopes:
        record |= {"email": person.email, "email_verified": True}
    return entity(call, record)
