"""What brings the pages' assets: skipped while nothing changed, and one sentence when npm cannot."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "src" / "guestlist" / "web"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """``hatch_build.py`` without hatchling, which is only there while the package is built."""
    interface = ModuleType("hatchling.builders.hooks.plugin.interface")
    interface.BuildHookInterface = dict  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def web(tmp_path: Path) -> Path:
    shutil.copytree(WEB / "assets", tmp_path / "assets")
    shutil.copytree(WEB / "static", tmp_path / "static")
    return tmp_path


def npm(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands for npm."""
    folder.mkdir()
    (folder / "npm").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")


def test_nothing_is_fetched_while_the_lists_are_the_same(
    hook: ModuleType, web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm(tmp_path / "bin", f"touch {tmp_path}/asked; exit 1", monkeypatch)
    assert hook.is_fresh(web)
    hook.bring(web)
    assert not (tmp_path / "asked").exists()
    lock = web / "assets" / "package-lock.json"
    lock.write_text(lock.read_text().replace('"lockfileVersion": 3', '"lockfileVersion":  3'))
    with pytest.raises(RuntimeError):
        hook.bring(web)
    assert (tmp_path / "asked").exists()
    assert (web / "static" / "vendor" / "htmx.js").exists()  # what was there stays until it is replaced as a whole


def test_why_npm_failed_is_one_sentence_without_a_password(
    hook: ModuleType, web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(web / "static")
    npm(
        tmp_path / "bin",
        "echo 'npm error request to https://user:secret@npm.example/x failed' >&2; exit 1",
        monkeypatch,
    )
    with pytest.raises(RuntimeError) as said:
        hook.bring(web)
    assert "could not be fetched by npm (request to https://npm.example/x failed)" in str(said.value)
    assert "secret" not in str(said.value)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(RuntimeError, match="need npm, which is not here"):
        hook.bring(web)


def test_every_icon_of_a_template_is_in_the_picture() -> None:
    sprite = (WEB / "static" / "vendor" / "icons.svg").read_text()
    there = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used: set[str] = set()
    for template in (WEB / "templates").glob("*.html"):
        used |= set(re.findall(r'icon\("([a-z0-9-]+)"', template.read_text()))
        used |= set(re.findall(r'parts\.empty\("([a-z0-9-]+)"', template.read_text()))
    assert used
    assert used <= there
