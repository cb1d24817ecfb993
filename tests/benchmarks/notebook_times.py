"""Each notebook's first Run All in a real browser against its run without one: headless, browser, ratio.

    python tests/benchmarks/notebook_times.py [--json FILE]

Both begin with a fresh home. Headless has its kernel's start in it, as `sonoffkit rehearse` has. In the browser, "open"
is JupyterLab's page in a browser that has nothing in its memory, until its kernel answers; "Run All" is from the
command until the last output has been drawn, and the ratio is that of Run All.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from lab_in_chromium import notebook_page, running_lab
from looking import settle

from sonoffkit.course import course_notebooks
from sonoffkit.rehearsal import rehearse

STILL_FOR = "() => (performance.now() - window.looking.last) / 1000"


def in_the_browser() -> dict[str, tuple[float, float]]:
    """For each notebook: seconds until it is open, and of its Run All."""
    seconds = {}
    with tempfile.TemporaryDirectory(prefix="sonoffkit-times-") as work, running_lab(Path(work) / "lab") as lab:
        for path in course_notebooks():
            with notebook_page(lab) as notebook:
                began = time.perf_counter()
                notebook.open(path.name)
                ready = time.perf_counter()
                notebook.run_all()
                settle(notebook.page)
                drawn = time.perf_counter() - notebook.page.evaluate(STILL_FOR)
                seconds[path.stem] = (ready - began, drawn - ready)
                notebook.shut_down()
    return seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", type=Path, help="write the numbers there, too")
    chosen = options.parse_args()
    headless = {done.name.removesuffix(".ipynb"): done.seconds for done in rehearse()}
    browser = in_the_browser()
    print(f"{'notebook':20} {'headless':>9} {'Run All':>9} {'ratio':>6} {'open':>9}")
    for name, alone in headless.items():
        opened, ran = browser[name]
        print(f"{name:20} {alone:7.1f} s {ran:7.1f} s {ran / alone:6.2f} {opened:7.1f} s")
    if chosen.json:
        table = {
            name: {"headless": headless[name], "open": browser[name][0], "run_all": browser[name][1]}
            for name in headless
        }
        chosen.json.write_text(json.dumps(table, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
