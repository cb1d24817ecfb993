"""How long the kernel's event loop is held up while a backup runs in it: p50, p99 and the longest.

Run by hand: python tests/benchmarks/kernel_delay.py. The backup runs in the
notebook's own door, so that esptool, the practice chip and the view share one
kernel: the worst case. Printed beside the same kernel at rest.
"""

from __future__ import annotations

import os
import subprocess
import tempfile

import nbformat
from nbclient import NotebookClient

CELL = """
import asyncio, time
from sonoffkit.operations import back_up
from sonoffkit.widgets import OperationRunner

STEP = 0.005

async def delays(until):
    found = []
    while not until():
        t = time.perf_counter()
        await asyncio.sleep(STEP)
        found.append((time.perf_counter() - t - STEP) * 1000)
    return sorted(found)

def told(name, found):
    print(f"{name}: p50 {found[len(found) // 2]:.1f} ms, p99 {found[len(found) * 99 // 100]:.1f} ms, "
          f"longest {found[-1]:.1f} ms, {len(found)} looks")

end = time.monotonic() + 5
told("at rest", await delays(lambda: time.monotonic() > end))
for url, baud in (("practice://slow?model=basic&realtime=1", 460800), ("practice://basic", 115200)):
    runner = OperationRunner(back_up, url, baud=baud)
    waiting = asyncio.ensure_future(runner._shown_until_over())
    found = await delays(lambda: runner.job.is_over)
    await waiting
    told(f"backup in real time at {baud}" if "real" in url else "backup at full speed", found)
    runner.result
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["SONOFFKIT_HOME"] = home
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
        NotebookClient(notebook, timeout=300, kernel_name="python3").execute(stderr=subprocess.DEVNULL)
        for output in notebook.cells[0].outputs:
            if output.output_type == "stream":
                print(output.text, end="")


if __name__ == "__main__":
    main()
