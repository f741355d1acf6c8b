"""The keys that encrypt what is kept."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field

from guestlist.app import encryption, jobs
from guestlist.app.encryption import Encryption
from guestlist.web.api.described import Strict
from guestlist.web.api.jobs import Job, accepted
from guestlist.web.api.route import PREFIX, ApiRoute, Asked

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["settings"])


class Sealing(Strict):
    """How everything is sealed again."""

    new_key: bool = Field(False, description="With a key that is made now; not where the environment says the keys.")


@router.get("/encryption", summary="The keys that encrypt what is kept")
def get_encryption(asking: Asked) -> Encryption:
    """By their fingerprints, never themselves. `left`: how many records an older key seals."""
    return encryption.stands(asking.app)


@router.post("/encryption/seal", status_code=202, summary="Seal everything again")
def seal_again(asking: Asked, body: Sealing, response: Response) -> Job:
    """With the first key. Where the environment says the keys, put a new one in front of GUESTLIST_SECRET_KEY and
    restart server and workers first. The job's result: `records`, how many were sealed again.
    """
    return accepted(jobs.ask_seal(asking.app, new_key=body.new_key), response)
