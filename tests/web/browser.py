"""A browser without JavaScript: it follows links, fills in forms, keeps cookies, and sees what HTML says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from guestlist.bootstrap import Web

ADDRESS = "http://guestlist"


@dataclass
class Form:
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)


class Seen(HTMLParser):
    """What a page says: text, links and forms; scripts and attributes that would be carried out are noted."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.scripts: list[str] = []
        self.inline: list[str] = []
        self.loads: list[str] = []
        self._text: list[str] = []
        self._open: dict[str, list[str]] = {}
        self._select: tuple[str, str | None] | None = None
        self._link = ""
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got: dict[str, str] = {name: value or "" for name, value in attrs}
        self.inline += [name for name in got if name.startswith("on") or name == "style"]
        if tag in ("script", "link", "img", "use", "iframe"):
            self.loads.append(got.get("src") or got.get("href", ""))
        if tag == "script":
            self.scripts.append(got.get("src", ""))
        if tag in ("a", "button", "script"):
            self._open[tag] = []
        if tag == "a":
            self._link = got.get("href", "")
        if tag == "form":
            self.forms.append(Form(got.get("action", ""), got.get("method", "get")))
        if tag == "input" and self.forms and got.get("name"):
            if got.get("type") not in ("checkbox", "radio") or "checked" in got:
                self.forms[-1].fields.append((got["name"], got.get("value", "on")))
        if tag == "select" and self.forms:
            self._select = (got["name"], None)
        if tag == "option" and self._select is not None and (self._select[1] is None or "selected" in got):
            self._select = (self._select[0], got["value"] if "value" in got else None)
            self._open["option"] = []

    def handle_endtag(self, tag: str) -> None:
        inside = " ".join("".join(self._open.pop(tag, [])).split())
        if tag == "a":
            self.links.append((inside, self._link))
        if tag == "button" and self.forms:
            self.forms[-1].buttons.append(inside)
        if tag == "script" and inside:
            self.inline.append(inside)
        if tag == "option" and self._select is not None and self._select[1] is None and inside:
            self._select = (self._select[0], inside)
        if tag == "select" and self._select is not None:
            self.forms[-1].fields.append((self._select[0], self._select[1] or ""))
            self._select = None

    def handle_data(self, data: str) -> None:
        self._text.append(data)
        for each in self._open.values():
            each.append(data)


@dataclass
class Browser:
    """One person's. ``response`` is the page that is shown now."""

    web: Web
    cookies: dict[str, str] = field(default_factory=dict)
    location: str = "/"
    response: httpx2.Response = field(default_factory=lambda: httpx2.Response(200))

    @property
    def seen(self) -> Seen:
        return Seen(self.response.text)

    @property
    def text(self) -> str:
        return self.seen.text

    @property
    def status(self) -> int:
        return self.response.status_code

    def get(self, path: str, **headers: str) -> Browser:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, fields: Mapping[str, str] | list[tuple[str, str]], **headers: str) -> Browser:
        pairs = list(fields.items()) if isinstance(fields, Mapping) else fields
        return self.ask("POST", path, pairs, {"origin": ADDRESS, **headers})

    def click(self, text: str) -> Browser:
        return self.get(next(to for said, to in self.seen.links if said.startswith(text)))

    def form(self, chosen: str | Callable[[Form], bool]) -> Form:
        found = [
            each for each in self.seen.forms if (chosen in each.buttons if isinstance(chosen, str) else chosen(each))
        ]
        assert found, f"no form with {chosen}: {[each.buttons for each in self.seen.forms]}"
        return found[0]

    def submit(self, chosen: str | Callable[[Form], bool], **values: str) -> Browser:
        """By the words on a button of the form."""
        form = self.form(chosen)
        fields = [(name, values.pop(name, value)) for name, value in form.fields]
        assert not values, f"no such fields: {values}"
        to = form.action or self.location
        return self.post(to, fields) if form.method == "post" else self.get(f"{to}?{httpx2.QueryParams(fields)}")

    def ask(self, method: str, path: str, fields: list[tuple[str, str]] | None, headers: Mapping[str, str]) -> Browser:
        """Redirects are followed as browsers do."""
        for _ in range(5):
            self.location = urljoin(self.location, path)
            self.response = self._once(method, self.location, fields, headers)
            if self.response.status_code not in (302, 303):
                break
            method, path, fields, headers = "GET", self.response.headers["location"], None, {}
            if urlsplit(path).netloc not in ("", "guestlist"):
                break
        return self

    def _once(
        self, method: str, path: str, fields: list[tuple[str, str]] | None, headers: Mapping[str, str]
    ) -> httpx2.Response:
        given: dict[str, str] = {"accept": "text/html", **{name.replace("_", "-"): v for name, v in headers.items()}}
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        options: dict[str, Any] = {"headers": given}
        if fields is not None:
            given["content-type"] = "application/x-www-form-urlencoded"
            options["content"] = str(httpx2.QueryParams(fields)).encode()

        async def ask() -> httpx2.Response:
            transport = httpx2.ASGITransport(self.web.asgi)
            async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
                return await client.request(method, path, **options)

        answered = asyncio.run(ask())
        for line in answered.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            if value and "max-age=0" not in line.lower():
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answered
