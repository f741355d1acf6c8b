"""Settings: the keys that encrypt what is kept."""

from __future__ import annotations

from starlette.responses import Response

from guestlist.app import encryption, jobs
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import Place, listed
from guestlist.web.pages.templates import path

book = Book()


@book.get("/settings/encryption", administrator=True)
def look(call: Call) -> Response:
    """Keys by their fingerprints, never themselves."""
    stands = encryption.stands(call.app)
    columns = {"use": stands.keys.index, "fingerprint": lambda key: key.fingerprint, "records": lambda key: key.records}
    keys = listed(call, stands.keys, columns, "use", lambda key: key.fingerprint, Place(name="keys"))
    return call.show("encryption.html", stands=stands, keys=keys)


@book.post("/settings/encryption/seal", administrator=True)
def seal(call: Call) -> Response:
    """A worker seals what older keys sealed with the first one."""
    return call.go(path("jobs", jobs.ask_seal(call.app, new_key=False).id))


@book.post("/settings/encryption/new-key", administrator=True)
def new_key(call: Call) -> Response:
    """The same with a new key."""
    return call.go(path("jobs", jobs.ask_seal(call.app, new_key=True).id))
