"""Each use case can be the first that a process loads: commands and workers load only what they need."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
import guestlist.app

for each in pkgutil.walk_packages(guestlist.app.__path__, "guestlist.app."):
    for loaded in [name for name in sys.modules if name.startswith("guestlist")]:
        del sys.modules[loaded]
    try:
        importlib.import_module(each.name)
    except ImportError as error:
        print(each.name, error)
"""


def test_each_use_case_may_be_loaded_first() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == ""
