"""The OAuth endpoints: authorization, accessToken, introspectToken, revoke."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from linkedin_emulator.oauth import KNOWN_SCOPES, App, Token
from linkedin_emulator.pages import page
from linkedin_emulator.wire import Json, Reply, Request, form, html_reply, json_reply
from linkedin_emulator.world import World

Fields = Mapping[str, str]
MISMATCH = (
    "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. "
    "Or authorization code expired. Or external member binding exists"
)
REFRESH_INVALID = "The provided authorization grant or refresh token is invalid, expired or revoked"

SCOPE_TEXTS = {
    "rw_dmp_segments": "Create and manage your matched audiences",
    "rw_ads": "Manage your advertising accounts",
    "r_ads": "Retrieve your advertising accounts",
    "r_ads_reporting": "Retrieve reporting for your advertising accounts",
    "r_basicprofile": "Use your basic profile, including name, photo and headline",
    "openid": "Sign you in with your LinkedIn account",
    "profile": "Use your name and photo",
    "email": "Use the primary email address of your LinkedIn account",
    "rw_conversions": "Manage conversions of your advertising accounts",
    "r_marketing_leadgen_automation": "Read your lead generation forms and their leads",
}


class OAuthError(Exception):
    """Stops a token request with `{"error", "error_description"}`."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


class PageError(Exception):
    """Stops an authorization with an error page, since there is nowhere safe to redirect to."""


def answer(world: World, request: Request) -> Reply:
    """Serve one OAuth request."""
    name = request.path.removeprefix("/oauth/v2/")
    if name == "authorization" and request.method in ("GET", "POST"):
        return authorization(world, request)
    serve = POSTS.get(name)
    if serve is None:
        return json_reply(404, {"error": "not_found", "error_description": f"{request.path} does not exist"})
    if request.method != "POST":
        return json_reply(405, {"error": "invalid_request", "error_description": "Method not allowed"})
    try:
        return serve(world, form(request.body.decode(errors="replace")))
    except OAuthError as error:
        always_400 = name == "introspectToken" and world.config.introspection_errors == "400"
        return json_reply(400 if always_400 else error.status, error.body)


def authorization(world: World, request: Request) -> Reply:
    """The consent page, skipped when the same scopes are granted already; the member's answer is a redirect."""
    fields = form(request.query if request.method == "GET" else request.body.decode(errors="replace"))
    try:
        app, scopes = _checked(world, fields)
    except PageError as problem:
        return html_reply(401, _problem_page(str(problem)))
    missing = sorted(scopes - set(_granted_to(world, app)))
    if missing:
        text = f'Scope "{missing[0]}" is not authorized for your application'
        return _redirect(fields, {"error": "unauthorized_scope_error", "error_description": text})
    member = fields.get("member") or next(iter(world.oauth.people))
    if request.method == "GET" and not world.oauth.already_allowed(world.config, app.client_id, member, scopes):
        return _consent_page(world, app, scopes, fields)
    return _decided(world, app, scopes, member, fields)


def _problem_page(problem: str) -> str:
    remark = "The application that sent you here made a mistake in its request."
    return page("problem.html", title="Bummer, something went wrong.", problem=problem, remark=remark)


def _consent_page(world: World, app: App, scopes: frozenset[str], fields: Fields) -> Reply:
    people = list(world.oauth.people.values())
    site = urlsplit(fields["redirect_uri"]).netloc
    shown = {"scopes": sorted(scopes), "texts": SCOPE_TEXTS, "people": people, "site": site}
    return html_reply(200, page("consent.html", name=app.name, fields=fields, **shown))


def _decided(world: World, app: App, scopes: frozenset[str], member: str, fields: Fields) -> Reply:
    decision = fields.get("decision", "allow")
    if decision != "allow":
        at_login = decision == "cancel_login"
        error = "user_cancelled_login" if at_login else "user_cancelled_authorize"
        text = "The user cancelled LinkedIn login" if at_login else "The user cancelled the authorization"
        return _redirect(fields, {"error": error, "error_description": text})
    grant = world.oauth.consent(world.config, app.client_id, member, scopes)
    return _redirect(fields, {"code": world.oauth.issue_code(grant, fields["redirect_uri"])})


def _checked(world: World, fields: Fields) -> tuple[App, frozenset[str]]:
    for name in ("response_type", "client_id", "redirect_uri", "scope"):
        if not fields.get(name):
            raise PageError(f'A required parameter "{name}" is missing')
    app = world.oauth.apps.get(fields["client_id"])
    if app is None:
        raise PageError("client_id does not match")
    if not app.allows_redirect(fields["redirect_uri"]):
        raise PageError("redirect_uri does not match")
    if fields["response_type"] != "code":
        raise PageError("response_type must be code")
    scopes = frozenset(fields["scope"].split())
    unknown = sorted(scopes - KNOWN_SCOPES - set(app.scopes))
    if unknown:
        raise PageError(f"invalid scope: {unknown[0]}")
    return app, scopes


def _granted_to(world: World, app: App) -> list[str]:
    approved = app.audiences_program and world.config.audiences_program
    return [scope for scope in app.scopes if approved or scope != "rw_dmp_segments"]


def _redirect(fields: Fields, answer: dict[str, str]) -> Reply:
    state = {"state": fields["state"]} if fields.get("state") else {}
    uri = fields["redirect_uri"]
    joint = "&" if urlsplit(uri).query else "?"
    return Reply(302, {"location": f"{uri}{joint}{urlencode({**answer, **state})}", "content-length": "0"})


def _required(fields: Fields, *names: str) -> None:
    for name in names:
        if not fields.get(name):
            raise OAuthError(400, "invalid_request", f'A required parameter "{name}" is missing')


def _authenticated(world: World, fields: Fields) -> App:
    app = world.oauth.apps.get(fields["client_id"])
    if app is None:
        raise OAuthError(400, "invalid_client_id", f'The passed in client_id is invalid "{fields["client_id"]}"')
    if app.client_secret != fields["client_secret"]:
        raise OAuthError(401, world.config.client_error, "Client authentication failed")
    return app


def access_token(world: World, fields: Fields) -> Reply:
    """Exchange a code, or refresh."""
    _required(fields, "grant_type")
    grant_type = fields["grant_type"]
    if grant_type == "client_credentials":
        raise OAuthError(401, "access_denied", "This application is not allowed to create application tokens")
    if grant_type not in ("authorization_code", "refresh_token"):
        raise OAuthError(400, "invalid_request", f'The passed in grant_type is invalid "{grant_type}"')
    body = _exchanged(world, fields) if grant_type == "authorization_code" else _refreshed(world, fields)
    return json_reply(200, body, {"cache-control": "no-store"})


def _exchanged(world: World, fields: Fields) -> Json:
    _required(fields, "code", "redirect_uri", "client_id", "client_secret")
    app = _authenticated(world, fields)
    code = world.oauth.codes.get(fields["code"])
    if code is None or code.used:
        raise OAuthError(401, "invalid_request", "Unable to retrieve access token: authorization code not found")
    matches = code.grant.client_id == app.client_id and code.redirect_uri == fields["redirect_uri"]
    if not matches or world.clock.now() >= code.expires_at:
        raise OAuthError(400, "invalid_redirect_uri", MISMATCH)
    code.used = True
    return world.oauth.issue_tokens(world.config, code.grant)


def _refreshed(world: World, fields: Fields) -> Json:
    _required(fields, "refresh_token", "client_id", "client_secret")
    app = _authenticated(world, fields)
    token = world.oauth.refresh.get(fields["refresh_token"])
    mine = token is not None and token.grant.client_id == app.client_id
    if token is None or not mine or token.status(world.clock.now()) != "active":
        raise OAuthError(400, world.config.refresh_error, REFRESH_INVALID)
    return world.oauth.refresh_tokens(world.config, token)


def introspect(world: World, fields: Fields) -> Reply:
    """What a token is worth; another application's token is simply not active."""
    _required(fields, "client_id", "client_secret", "token")
    app = _authenticated(world, fields)
    token = _token(world, fields["token"])
    if token is None:
        raise OAuthError(400, "invalid_request", "The token is invalid")
    if token.grant.client_id != app.client_id:
        return json_reply(200, {"active": False})
    status = token.status(world.clock.now())
    body = {
        "active": status == "active",
        "client_id": app.client_id,
        "authorized_at": int(token.grant.consented_at),
        "created_at": int(token.created_at),
        "status": status,
        "expires_at": int(token.expires_at),
        "scope": ",".join(sorted(token.grant.scopes)),
        "auth_type": "3L",
    }
    return json_reply(200, body)


def revoke(world: World, fields: Fields) -> Reply:
    """Revoke a token; a refresh token takes its grant with it."""
    _required(fields, "client_id", "client_secret", "token")
    app = _authenticated(world, fields)
    token = _token(world, fields["token"])
    if token is not None and token.grant.client_id == app.client_id:
        token.revoked = True
        if token.text in world.oauth.refresh:
            world.oauth.revoke_grant(app.client_id, token.grant.person)
    return Reply(200, {"content-length": "0"})


def _token(world: World, text: str) -> Token | None:
    return world.oauth.access.get(text) or world.oauth.refresh.get(text)


POSTS: Mapping[str, Callable[[World, Fields], Reply]] = {
    "accessToken": access_token,
    "introspectToken": introspect,
    "revoke": revoke,
}
