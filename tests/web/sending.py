"""Files that a browser sends with a form, and how they are sent wrongly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import httpx2

from tests.web.browser import ADDRESS, Browser

BOUNDARY = "----a-boundary-that-nothing-holds"


def multipart(
    fields: Sequence[tuple[str, str]], file: bytes | None, file_name: str = "list.csv", boundary: str = BOUNDARY
) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    if file is not None:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
        parts.append(f"{head}Content-Type: text/csv\r\n\r\n".encode() + file + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def send(browser: Browser, path: str, body: bytes, boundary: str = BOUNDARY, **headers: str) -> Browser:
    """In pieces, as it would come over a line; the page that follows is shown."""
    given = {
        "accept": "text/html",
        "origin": ADDRESS,
        "content-type": f"multipart/form-data; boundary={boundary}",
        "cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 1000):
            yield body[at : at + 1000]

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(browser.web.asgi)
        async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            return await client.post(path, content=pieces(), headers=given)

    browser.response = asyncio.run(ask())
    browser.location = path
    for line in browser.response.headers.get_list("set-cookie"):
        name, _, rest = line.partition("=")
        browser.cookies[name] = rest.partition(";")[0].strip('"')
    if browser.status == 303:
        browser.get(browser.response.headers["location"])
    return browser


def token(browser: Browser) -> str:
    return next(value for form in browser.seen.forms for name, value in form.fields if name == "csrf")


def upload(
    browser: Browser, file: bytes | None, name: str = "customers", file_name: str = "list.csv", **more: str
) -> Browser:
    proof = token(browser.get("/audiences/new"))
    fields = [("csrf", proof), ("name", name), ("members", ""), *more.items()]
    return send(browser, "/audiences/new/upload", multipart(fields, file, file_name))
