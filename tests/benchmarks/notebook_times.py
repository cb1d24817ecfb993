"""Each notebook's first Run All in a real browser against its run without one: headless seconds, browser seconds, ratio.

    python tests/benchmarks/notebook_times.py [--json FILE]

Both begin with a fresh home and a kernel that was not there before. In the browser it is from opening the notebook's
page until each cell has run and its outputs no longer change; "cells alone" is from Run All until the last has run.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from lab_in_chromium import notebook_page, running_lab
from looking import settle

from sonoffkit.course import course_notebooks
from sonoffkit.rehearsal import rehearse


def in_the_browser() -> dict[str, tuple[float, float]]:
    """For each notebook: seconds from its page's opening until it rests, and of the cells alone."""
    seconds = {}
    with tempfile.TemporaryDirectory(prefix="sonoffkit-times-") as work, running_lab(Path(work) / "lab") as lab:
        for path in course_notebooks():
            with notebook_page(lab) as notebook:  # a browser that has nothing in its memory
                began = time.perf_counter()
                notebook.open(path.name)
                ready = time.perf_counter()
                notebook.run_all()
                ran = time.perf_counter()
                settle(notebook.page)
                seconds[path.stem] = (time.perf_counter() - began, ran - ready)
                notebook.shut_down()
    return seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", type=Path, help="write the numbers there, too")
    chosen = options.parse_args()
    headless = {done.name.removesuffix(".ipynb"): done.seconds for done in rehearse()}
    browser = in_the_browser()
    print(f"{'notebook':20} {'headless':>9} {'browser':>9} {'ratio':>6} {'cells alone':>12}")
    for name, alone in headless.items():
        whole, cells = browser[name]
        print(f"{name:20} {alone:7.1f} s {whole:7.1f} s {whole / alone:6.2f} {cells:10.1f} s")
    if chosen.json:
        table = {name: {"headless": headless[name], "browser": browser[name][0]} for name in headless}
        chosen.json.write_text(json.dumps(table, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
