"""Hover, zoom and pan of the explorer over 16 MB in a real browser, by the browser's own clock.

    python tests/benchmarks/explorer_frames.py [--megabytes 16] [--samples 300] [--json FILE]

Each sample is the event's handler, the redraw of all that it makes due, and the drawing itself: one pixel of each
canvas is read back, because a browser otherwise only notes down what is to be drawn, and the page's layout is asked.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from explorer_page import ListeningExplorer, report_of, write_page
from playwright.sync_api import sync_playwright

FRAME_MS = 16.0
MEASURE = """async ([samples, what]) => {
  const { map, strip, state, root } = explorers[0];
  const explorer = explorers[0];
  const pictures = [map.base, map.over, strip.base, strip.over].map((canvas) => canvas.getContext("2d"));
  const box = map.element.getBoundingClientRect();
  let seed = 7;
  const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const at = () => ({ clientX: box.left + map.paneX(0) + chance() * map.paneWidth * 0.99,
    clientY: box.top + map.head + chance() * map.paneHeight * 0.95, bubbles: true, cancelable: true, pointerId: 1 });
  const events = {
    hover: () => map.element.dispatchEvent(new PointerEvent("pointermove", at())),
    zoom: (n) => map.element.dispatchEvent(
      new WheelEvent("wheel", { ...at(), ctrlKey: true, deltaY: Math.floor(n / 12) % 2 ? 100 : -100 })),
    pan: () => map.element.dispatchEvent(
      new WheelEvent("wheel", { ...at(), deltaY: (chance() - 0.45) * 4000 })),
    select: () => { state.select(chance() * state.size, chance() * state.size + state.size / 2); },
  };
  map.element.focus();
  state.fit();
  if (what === "pan") for (let step = 0; step < 6; step++) state.zoom(-1, state.size / 2);
  explorer.draw();
  const times = [];
  for (let n = 0; n < samples; n++) {
    await new Promise((give) => setTimeout(give));
    const before = performance.now();
    events[what](n);
    explorer.draw();
    for (const picture of pictures) picture.getImageData(0, 0, 1, 1);
    root.getBoundingClientRect();
    times.push(performance.now() - before);
  }
  return times;
}"""


def dump_of(megabytes: int, seed: int = 3) -> bytes:
    """As uneven as a flash: programs, blank parts, texts, tables."""
    chance = random.Random(seed)
    kinds = (
        lambda: chance.randbytes(65536),
        lambda: b"\xff" * 65536,
        lambda: b"GET /index.html HTTP/1.1\r\nHost: sonoff\r\n\0" * 1598,
        lambda: bytes(range(256)) * 256,
    )
    return b"".join(chance.choice(kinds)()[:65536].ljust(65536, b"\0") for _ in range(16 * megabytes))


def report(megabytes: int, seed: int):
    data = dump_of(megabytes, seed)
    step = len(data) // 24
    kinds = ("boot", "program", "settings", "blank", "files", "system")
    regions = [(f"region {n}", n * step, (n + 1) * step if n < 23 else len(data), kinds[n % 6]) for n in range(24)]
    return report_of(data, regions, [(5000 * n, 32) for n in range(1, 30)], f"{megabytes} MB")


def processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=16)
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rows = {}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        machine = f"{processor()}, {os.cpu_count()} cores, Chromium {browser.version}, headless, no graphics card"
        if hasattr(os, "getloadavg"):
            machine += f", load before {os.getloadavg()[0]:.1f}"
        for pages in (1, 2):
            reports = [report(asked.megabytes, seed) for seed in range(pages)]
            page = browser.new_page(viewport={"width": 1280, "height": 950})
            page.goto(write_page(Path(folder), ListeningExplorer(*reports)).as_uri())
            page.wait_for_function("() => window.explorers?.length && explorers[0].lists.strings.done", timeout=60_000)
            for what in ("hover", "zoom", "pan", "select"):
                times = sorted(page.evaluate(MEASURE, [asked.samples, what]))
                name = f"{what}, {asked.megabytes} MB{' beside another' if pages == 2 else ''}"
                rows[name] = [statistics.median(times), times[int(len(times) * 0.95)], times[-1]]
            page.close()
        browser.close()
    print(machine)
    for name, (middle, most, worst) in rows.items():
        verdict = "inside a frame" if most <= FRAME_MS else "LONGER than a frame"
        print(f"{name:32} p50 {middle:6.2f} ms  p95 {most:6.2f} ms  max {worst:6.2f} ms  {verdict}")
    if asked.json:
        asked.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
