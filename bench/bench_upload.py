"""A list of nearly a gigabyte, sent as the page for new audiences sends it.

python bench/bench_upload.py [MEGABYTES]      default 950

`guestlist serve` with its worker, and the form of `/audiences/new` with a CSV of people that is made on its way. While
it comes and afterwards every file of the home, and of the folder for temporary files that the processes have, is looked
through for an address that stands in each megabyte of the list. Printed: seconds, MB/s, memory of the server before and
at most, and what was found. Then a list of one byte more than may be sent, with and without its length said before.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psutil
from bench_stream import serving

import guestlist
from guestlist.app import users
from guestlist.app.uploads import LARGEST
from guestlist.core.permissions import Role

WHO, PASSWORD = "ann@acme.example", "four words that nobody guesses"
KNOWN = b"somebody.known@example.com"
MB = 1 << 20
EDGE = "guestlist-bench"
AROUND = len(KNOWN)  # what stands across the border of two pieces that are read


def rows(size: int) -> Iterator[bytes]:
    """A CSV of exactly so many bytes, a megabyte at a time, each with the known address in its middle."""
    head, number, sent = b"contact_id,email,first_name,last_name\n", 0, 0
    while sent < size:
        lines, length = [head] if sent == 0 else [], len(head) if sent == 0 else 0
        while length < MB:
            email = KNOWN if len(lines) == 8_000 else b"p%012d@example.com" % number
            lines.append(b"C-%012d,%s,Ada,Adler\n" % (number, email))
            length, number = length + len(lines[-1]), number + 1
        piece = b"".join(lines)[: size - sent]
        sent += len(piece)
        yield piece if sent < size else piece[:-1] + b"\n"


def form(csrf: str, name: str) -> tuple[bytes, bytes]:
    """What stands before the list and after it."""
    fields = {"csrf": csrf, "name": name, "members": ""}
    before = "".join(
        f'--{EDGE}\r\nContent-Disposition: form-data; name="{each}"\r\n\r\n{value}\r\n'
        for each, value in fields.items()
    )
    before += f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="{name}.csv"\r\n\r\n'
    return before.encode(), f"\r\n--{EDGE}--\r\n".encode()


def signed_in(address: str) -> tuple[str, str]:
    """The cookie of a session, and what proves its forms."""
    with httpx2.Client(base_url=address, trust_env=False, timeout=60.0, headers={"origin": address}) as client:
        found = re.search(r'name="csrf" value="(\w+)"', client.get("/sign-in").text)
        assert found is not None
        fields = {"csrf": found[1], "name": WHO, "password": PASSWORD}
        assert client.post("/sign-in", data=fields).status_code == 303
        found = re.search(r'name="csrf" value="(\w+)"', client.get("/audiences/new").text)
        assert found is not None
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items()), found[1]


def sent(address: str, size: int, name: str, *, said: bool = True) -> tuple[int, str]:
    """Status and answer. ``said``: the length stands before the body; else it comes in chunks."""
    cookie, csrf = signed_in(address)
    before, after = form(csrf, name)
    connection = HTTPConnection(urlsplit(address).netloc, timeout=600)
    connection.putrequest("POST", "/audiences/upload")
    headers = {"Cookie": cookie, "Origin": address, "Accept": "application/json"}
    headers |= {"Content-Type": f"multipart/form-data; boundary={EDGE}"}
    headers |= {"Content-Length": str(len(before) + size + len(after))} if said else {"Transfer-Encoding": "chunked"}
    for each in headers.items():
        connection.putheader(*each)
    connection.endheaders()
    try:
        for piece in (before, *rows(size), after):
            connection.send(piece if said else b"%x\r\n%s\r\n" % (len(piece), piece))
        if not said:
            connection.send(b"0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        pass  # it was refused on the way, and says so
    try:
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Watch(threading.Thread):
    """Memory of the server, and files that hold the known address, again and again."""

    def __init__(self, server: psutil.Process, folders: list[Path]) -> None:
        super().__init__(daemon=True)
        self._server, self._folders, self._over = server, folders, threading.Event()
        self.before = self.most = server.memory_info().rss
        self.plain: set[str] = set()
        self.looks = 0

    def run(self) -> None:
        looking = threading.Thread(target=self._look, daemon=True)
        looking.start()
        while not self._over.wait(0.02):
            self.most = max(self.most, self._server.memory_info().rss)
        looking.join()

    def end(self) -> None:
        """Once more, and no more."""
        self._over.set()
        self.join()

    def _look(self) -> None:
        while True:
            last = self._over.is_set()
            self.plain |= {str(each) for folder in self._folders for each in holding(folder)}
            self.looks += 1
            if last:
                return
            self._over.wait(2.0)


def holding(folder: Path) -> Iterator[Path]:
    """Files with the known address in them; those that go meanwhile are gone."""
    for each in folder.rglob("*"):
        try:
            with each.open("rb") as file:
                kept = b""
                while piece := file.read(8 * MB):
                    if KNOWN in kept + piece:
                        yield each
                        break
                    kept = piece[-AROUND:]
        except OSError:
            continue


def main(megabytes: int = 950) -> None:
    """One list, then two that are too large."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        temporary = folder / "tmp"
        temporary.mkdir()
        os.environ |= {"GUESTLIST_HOME": str(folder / "home"), "TMPDIR": str(temporary)}
        (folder / "guestlist.yaml").write_text("destinations: {}\naudiences: {}\nactivations: {}\n")
        with guestlist.open(file=str(folder / "guestlist.yaml")) as door:
            users.create(door.app, WHO, Role.ADMINISTRATOR, PASSWORD)
        with serving(folder) as (server, address):
            httpx2.get(f"{address}/sign-in", trust_env=False)
            measured(server, address, [folder / "home", temporary], megabytes * MB)
            for said in (True, False):
                kept = len(lists(folder))
                status, answer = sent(address, LARGEST + 1, "larger", said=said)
                left = len(lists(folder)) - kept
                print(f"1 GB + 1 byte, its length {'said' if said else 'not said'}: {status} {answer.strip()[:90]}")
                print(f"  {left} files more than before, the server has {server.memory_info().rss >> 20} MB")


def measured(server: psutil.Process, address: str, folders: list[Path], size: int) -> None:
    watch = Watch(server, folders)
    watch.start()
    began = time.monotonic()
    status, answer = sent(address, size, "everybody")
    took = time.monotonic() - began
    watch.end()
    print(f"{size / MB:,.0f} MB: {status} {answer.strip()[:90]}")
    print(f"{took:.1f} s, {size / MB / took:,.0f} MB/s, as fast as a sender that makes its rows on the way")
    print(f"the server had {watch.before >> 20} MB before and {watch.most >> 20} MB at most")
    print(f"files with an address in them, of {watch.looks} looks: {sorted(watch.plain) or 'none'}")


def lists(folder: Path) -> list[Path]:
    """What lies in the home."""
    return [each for each in (folder / "home").rglob("*") if each.is_file()]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
