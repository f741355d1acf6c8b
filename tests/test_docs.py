"""The documents say what the code does: reference pages are regenerated and compared, README's commands are run."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx2
import pytest

from guestlist.config import load
from linkedin_emulator.running import RunningEmulator

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = {"init", "connect", "check", "plan", "sync", "worker", "status", "runs", "rejected", "explain", "forget"}
COMMANDS |= {
    "remove",
    "rename",
    "backup",
    "restore",
    "secrets",
    "serve",
    "keys",
    "events",
    "ingest",
    "import",
    "config",
    "users",
    "tokens",
}


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generator", ROOT / "scripts" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "errors.md", "environment.md", "api.md"])
def test_reference_pages_are_what_the_code_says(generator: ModuleType, name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == generator.PAGES[name](), "run `make docs`"


# ── README ───────────────────────────────────────────────────────────────────────────────────────────────────────
def readme_blocks() -> list[list[str]]:
    blocks = re.findall(r"<!-- tested -->\n```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [[shlex.split(line, comments=True) for line in block.splitlines() if line.strip()] for block in blocks]  # type: ignore[misc]


def test_readmes_commands(tmp_path: Path, linkedin: RunningEmulator) -> None:
    """The first block without any connection; the second after what a person does between them."""
    shutil.copy(ROOT / "examples" / "people.csv", tmp_path)
    linkedin.emulator.control.config(segment_visible_after=0.0)
    environment = {
        "PATH": "/usr/bin:/bin",
        "GUESTLIST_HOME": str(tmp_path / "home"),
        "GUESTLIST_LINKEDIN_API_URL": linkedin.api_url,
        "GUESTLIST_LINKEDIN_OAUTH_URL": linkedin.oauth_url,
    }

    def typed(command: list[str]) -> None:
        done = subprocess.run(
            [BIN / command[0], *command[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    without_connection, connected = readme_blocks()
    for command in without_connection:
        typed(command)
    written = list((tmp_path / "upload").glob("*.csv"))
    assert len(written) == 1
    assert written[0].read_text().count("\n") > 10_000
    assert "@" not in written[0].read_text()

    yaml = tmp_path / "guestlist.yaml"
    yaml.write_text(yaml.read_text().replace("123456789", "516848833"))
    (tmp_path / "token.json").write_text(json.dumps(linkedin.emulator.control.token()))
    typed(["guestlist", "connect", "acme", "--token-file", "token.json"])
    for command in connected:
        typed(command)
    assert linkedin.emulator.control.segments()


# ── all pages ────────────────────────────────────────────────────────────────────────────────────────────────────
def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if not target.startswith(("http://", "https://", "mailto:")):
                yield page, target


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page, target in links():
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            broken.append(f"{page.name}: {target}")
    assert not broken


def _anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_only_commands_that_exist_are_written_about() -> None:
    for page in PAGES:
        for command in re.findall(r"`guestlist ([a-z]+)", page.read_text()):
            assert command in COMMANDS, f"{page.name}: guestlist {command}"


def test_every_change_of_a_version_is_in_the_changelog() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert f"## [{version[1]}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_yaml_of_the_demo_loads() -> None:
    config = load(ROOT / "examples" / "guestlist.yaml", {})
    assert set(config.activations) == {"newsletter-to-acme", "accounts-to-acme"}


@pytest.mark.slow
def test_the_demo_can_be_clicked_through_until_it_is_stopped(tmp_path: Path) -> None:
    def demo(*options: str | Path) -> str:
        command = [sys.executable, ROOT / "scripts" / "demo.py", *options, tmp_path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4_000:] + done.stderr
        return done.stdout

    said = demo("--keep")
    try:
        assert "READY" in said
        address, name, password = re.findall(
            r"The pages: +(\S+)/\n +sign in as +(\S+)\n +with the password +(\S+)", said
        )[0]
        with httpx2.Client(base_url=address, headers={"origin": address, "accept": "text/html"}) as client:
            token = re.findall(r'name="csrf" value="(\w+)"', client.get("/sign-in").text)[0]
            fields = {"csrf": token, "name": name, "password": password}
            home = client.post("/sign-in", data=fields, follow_redirects=True).text
            assert "Confirm removals" in home
            assert "intent-to-acme" in client.get("/activations").text
    finally:
        demo("--stop")
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(address)


def test_a_picture_is_taken_of_every_page() -> None:
    spec = importlib.util.spec_from_file_location("screenshots", ROOT / "scripts" / "screenshots.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["screenshots"] = module
    spec.loader.exec_module(module)
    assert module.missing() == []
