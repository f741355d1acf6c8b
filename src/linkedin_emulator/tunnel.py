"""Query tunnelling: a long query sent as the body of a POST."""

import dataclasses
import re

from linkedin_emulator import errors
from linkedin_emulator.wire import Request

FORM = "application/x-www-form-urlencoded"


def untunnelled(request: Request) -> Request:
    """The request that was meant, when `X-HTTP-Method-Override` says that this one only carries it."""
    meant = request.headers.get("x-http-method-override", "")
    if request.method != "POST" or not meant:
        return request
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/mixed"):
        query, body = _parts(kind, request.body)
    elif kind.startswith(FORM):
        query, body = request.body.decode(), b""
    else:
        raise errors.framework(400, f"Unsupported content type '{kind}' for a tunnelled request")
    joined = "&".join(part for part in (request.query, query) if part)
    headers = {**request.headers, "content-type": "application/json"}
    return dataclasses.replace(request, method=meant.upper(), query=joined, headers=headers, body=body)


def _parts(kind: str, body: bytes) -> tuple[str, bytes]:
    match = re.search(r'boundary="?([^";]+)"?', kind)
    if match is None:
        raise errors.framework(400, "Multipart body without a boundary")
    query, entity = "", b""
    for part in body.split(b"--" + match[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if FORM.encode() in head.lower():
            query = content.strip().decode()
        else:
            entity = content.strip()
    return query, entity
