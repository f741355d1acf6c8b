import hashlib
from dataclasses import dataclass, field
from typing import Any

import httpx2

from linkedin_emulator.emulator import Emulator

NOW = 1_790_000_000.0  # 2026-09-21
VERSION = "202607"
ACCOUNT = "urn:li:sponsoredAccount:516848833"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def user(text: str, action: str = "ADD", **traits: str) -> dict[str, Any]:
    return {"action": action, "userIds": [{"idType": "SHA256_EMAIL", "idValue": digest(text)}], **traits}


def shown(text: str) -> str:
    return f"SHA256_EMAIL:{digest(text)}"


@dataclass
class LinkedIn:
    """A test's way to one emulator, whatever carries the requests."""

    http: httpx2.Client
    emulator: Emulator
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "LinkedIn-Version": VERSION,
            "X-Restli-Protocol-Version": "2.0.0",
            **self.headers,
            **options.pop("headers", {}),
        }
        kept = {name: value for name, value in headers.items() if value is not None}
        return self.http.request(method, path, headers=kept, **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, method: str = "", **options: Any) -> httpx2.Response:
        headers = {**({"X-RestLi-Method": method} if method else {}), **options.pop("headers", {})}
        return self.call("POST", path, json=body, headers=headers, **options)

    def segment(self, *, kind: str = "USER", ready: bool = True, **fields: Any) -> int:
        body = {
            "account": ACCOUNT,
            "name": "CRM open pipeline",
            "type": kind,
            "sourcePlatform": "DIRECT_API",
            "destinations": [{"destination": "LINKEDIN"}],
            **fields,
        }
        reply = self.post("/rest/dmpSegments", body)
        assert reply.status_code == 201, reply.text
        number = int(reply.headers["x-restli-id"])
        if ready:
            self.emulator.control.clock(advance=5)
            self.emulator.control.ripen(number)
        return number

    def tell(self, segment: int, *elements: dict[str, Any], to: str = "users") -> httpx2.Response:
        return self.post(f"/rest/dmpSegments/{segment}/{to}", {"elements": list(elements)}, "BATCH_CREATE")

    def inside(self, segment: int) -> list[str]:
        return self.emulator.control.segment(segment)["identifiers"]

    def members(self, segment: int) -> list[str]:
        return self.emulator.control.segment(segment)["members"]

    def record(self, segment: int) -> dict[str, Any]:
        reply = self.get(f"/rest/dmpSegments/{segment}")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def destination(self, segment: int) -> dict[str, Any]:
        return self.record(segment)["destinations"][0]
