"""The way through a browser: the emulator's consent page, a person who clicks, and the way back."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from linkedin_emulator.running import RunningEmulator
from tests.cli.conftest import BIN, YAML, Desk

Process = subprocess.Popen[str]


@pytest.fixture
def redirect(online: Desk, linkedin: RunningEmulator) -> str:
    """A loopback address on a port that is free, registered with the emulated app."""
    online.write(YAML)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/callback"
    app = {"client_id": "86emulator", "client_secret": "emulator-secret", "redirect_uris": [address]}
    linkedin.emulator.control.seed({"apps": [app]})
    return address


@contextmanager
def connecting(desk: Desk, *options: str) -> Iterator[tuple[Process, str]]:
    """The command, waiting for the browser, and the address it wants opened."""
    command = [BIN / "guestlist", "connect", "acme", "--no-browser", *options]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=desk.folder, env=desk.whole_environment(), text=True, **pipes) as process:
        assert process.stderr is not None
        address = next(
            match[0] for line in process.stderr if (match := re.search(r"http://\S+/authorization\S+", line))
        )
        try:
            yield process, address
        finally:
            process.kill()


def decided(address: str, decision: str) -> str:
    """Where LinkedIn sends the browser after the person clicked."""
    page = httpx2.get(address)
    assert page.status_code == 200
    fields = dict(parse_qsl(urlsplit(address).query)) | {"member": "AbC123xyz", "decision": decision}
    answer = httpx2.post(address.partition("?")[0], data=fields)
    assert answer.status_code in (302, 303)
    return answer.headers["location"]


def visited(address: str) -> str:
    """The page the browser shows; the listener may still be on its way."""
    with httpx2.Client(transport=httpx2.HTTPTransport(retries=8)) as browser:
        return browser.get(address).text


def test_consent_in_the_browser(online: Desk, redirect: str) -> None:
    with connecting(online, "--redirect-url", redirect, "--json") as (process, address):
        assert "LinkedIn answered" in visited(decided(address, "allow"))
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert '"CAMPAIGN_MANAGER"' in out
    assert online("check").code == 0


def test_a_person_who_cancels(online: Desk, redirect: str) -> None:
    with connecting(online, "--redirect-url", redirect) as (process, address):
        visited(decided(address, "cancel"))
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cancelled" in err


def test_the_address_can_be_pasted(online: Desk, redirect: str) -> None:
    with connecting(online, "--redirect-url", redirect, "--paste") as (process, address):
        out, err = process.communicate(decided(address, "allow") + "\n", timeout=60)
    assert process.returncode == 0, err
    assert "connected" in out


def test_an_address_of_another_attempt_is_refused(online: Desk, redirect: str) -> None:
    with connecting(online, "--redirect-url", redirect, "--paste") as (process, address):
        pasted = decided(address, "allow").replace("state=", "state=x")
        _, err = process.communicate(pasted + "\n", timeout=60)
    assert process.returncode == 1
    assert "another authorisation" in err


def test_a_port_in_use_is_said_at_once(online: Desk, redirect: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(urlsplit(redirect).port or 0)))
        taken.listen()
        done = online.script("connect", "acme", "--no-browser", "--redirect-url", redirect)
    assert done.code == 2
    assert "--paste" in done.err
