"""From the README's first command to the first widget on screen: a fresh copy, a fresh environment, a clock beside it.

    python tests/benchmarks/first_widget.py [--json FILE]

pip fetches all packages anew, its cache is not used; so the network's speed is in the number. What a person does
meanwhile (reading, choosing Run All) is not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from lab_in_chromium import notebook_page, running_lab, sonoffkit_lab

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    """The seconds of each step, in their order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def done(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[step], self._last = now - self._last, now
        print(f"{step:52} {self.seconds[step]:7.1f} s", flush=True)


def copy_of_the_checkout(into: Path) -> None:
    """What git knows, as it is on disk."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, into / name)


def measure(work: Path) -> dict[str, float]:
    """All steps of the README's first command, then Run All of the first notebook."""
    copy_of_the_checkout(work / "sonoffkit")
    python = work / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    clock = Clock()
    subprocess.run([sys.executable, "-m", "venv", work / "venv"], check=True)
    clock.done("python -m venv")
    environment = os.environ | {"PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([python, "-m", "pip", "install", "-q", "-q", "-e", work / "sonoffkit"], env=environment, check=True)
    clock.done("pip install -e .")
    with running_lab(work / "lab", partial(sonoffkit_lab, python=python)) as lab:
        clock.done("sonoffkit lab, until its server answers")
        with notebook_page(lab) as notebook:
            notebook.open("1-setup.ipynb")
            clock.done("the notebook in the browser, its kernel ready")
            notebook.start_run_all()
            notebook.page.get_by_role("button", name="Find mine").wait_for()
            clock.done("Run All, until the port picker is on screen")
            notebook.shut_down()
    return clock.seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", type=Path, help="write the numbers there, too")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="sonoffkit-first-") as work:
        seconds = measure(Path(work))
    print(f"{'together':52} {sum(seconds.values()):7.1f} s")
    about = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    print(about)
    if chosen.json:
        chosen.json.write_text(json.dumps({"seconds": seconds, "machine": about}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
