"""Makes the pictures of README and docs from the real screens, so that they stay true.

    python docs/pictures.py [--out docs] [--check]

It wants what the browser tests want: ``pip install -e ".[test]"`` and a Chromium or Chrome. It starts ``sonoffkit
lab`` in a folder of its own, runs the notebooks as a person does, and takes a picture of a part of each; then the
record, as a browser shows the saved page. Your devices and backups are not touched. One to two minutes.

The practice device, its MAC and its contents are the same each time, and so are the folders' names; the date, and
fonts of another system, are not. ``--check`` writes nothing and only tells whether all pictures can still be made.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))

import numpy as np
from lab_in_chromium import notebook_page, running_lab
from PIL import Image
from playwright.sync_api import Locator

from sonoffkit.figures import overview
from sonoffkit.practice import MODELS, practice_device, sample_dumps
from sonoffkit.practice.factory import factory_image
from sonoffkit.report import inspect_dump

DOCS = Path(__file__).resolve().parent
HERE = Path(tempfile.gettempdir()) / "sonoffkit-pictures"  # one name: it stands in the pictures
MAC = bytes.fromhex("5ccf7f00a982")
WIDTH, HEIGHT = 1120, 700
COMMONEST, COLOURS = 160, 256
WIDEST = 1560  # pixels: sharp enough on a page that shows them half as wide
HIDE_THE_FILES = "() => window.jupyterapp.commands.execute('application:toggle-left-area').then(() => 1)"
TO_THE_TOP = "element => element.scrollIntoView({ block: 'start' })"

Shots = Iterator[tuple[str, bytes]]


def make_device(home: Path) -> None:
    """The notebooks' practice Sonoff, with a MAC that is always the same."""
    folder = home / "practice" / "basic"
    device = practice_device("basic", folder)
    (folder / "flash.bin").write_bytes(factory_image(MODELS["basic"], MAC))
    (folder / "device.json").write_text(json.dumps({"model": device.model.name, "mac": MAC.hex(":")}))


def take(root: Path) -> Shots:
    """All pictures as PNG, each by its file's name, in the order in which the course makes them possible."""
    yield "inspect", page_on_a_sample()
    make_device(root / "home")
    with running_lab(root) as lab, notebook_page(lab, width=WIDTH, height=HEIGHT) as notebook:
        page = notebook.page

        def run(name: str) -> None:
            notebook.open(f"{name}.ipynb")
            notebook.run_all()

        run("1-setup")
        notebook.shut_down()
        run("2-backup")
        page.evaluate(HIDE_THE_FILES)
        page.get_by_role("heading", name="Back up the whole flash").evaluate(TO_THE_TOP)
        page.mouse.move(0, HEIGHT)
        yield "backup", page.screenshot()
        notebook.shut_down()
        run("4-erase")
        notebook.shut_down()
        run("6-troubleshooting")
        yield "bench", picture_of(page.locator(".pb").nth(1))
        notebook.shut_down()
        run("5-flash")
        page.get_by_label("Your name (if you like):").fill("Ada")
        page.get_by_label("Number on the sticker:").fill("7")
        page.get_by_role("button", name="Save the record").click()
        page.get_by_role("link", name="sonoffkit-record").wait_for()
        notebook.shut_down()
        (record,) = lab.folder.glob("sonoffkit-record_*.html")
        page.set_viewport_size({"width": 820, "height": 600})
        page.goto(record.as_uri())
        yield "record", page.screenshot(full_page=True)


def page_on_a_sample() -> bytes:
    """What ``sonoffkit inspect --png`` draws of a sample dump."""
    name = "sample-basic.bin"
    return overview(inspect_dump(sample_dumps()[name], name), exported=True).png()


def picture_of(element: Locator) -> bytes:
    """An element as a PNG, with the window made high enough for all of it."""
    page = element.page
    page.set_viewport_size({"width": WIDTH, "height": 2000})
    element.scroll_into_view_if_needed()
    page.mouse.move(0, 2000)
    page.wait_for_timeout(500)  # a bench or a figure fits itself to the window
    png = element.screenshot()
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return png


def reduced(png: bytes) -> bytes:
    """The same picture with 256 colours: its commonest ones, and of the rest those that are like no other.

    The rest are the soft edges of letters and lines: each takes the nearest, so that nobody sees a difference.
    """
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    if picture.width > WIDEST:
        picture = picture.resize((WIDEST, round(picture.height * WIDEST / picture.width)), Image.Resampling.LANCZOS)
    pixels = np.asarray(picture)
    colours, where, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    far = np.full(len(colours), np.inf)  # from the nearest of those that are kept
    nearest = np.zeros(len(colours), dtype=np.uint8)
    order = np.argsort(-counts, kind="stable")
    kept: list[int] = []
    while len(kept) < min(COLOURS, len(colours)):
        one = order[len(kept)] if len(kept) < COMMONEST else np.argmax(far)
        away = ((colours.astype(int) - colours[one]) ** 2).sum(axis=1)
        nearest[away < far] = len(kept)
        far = np.minimum(far, away)
        kept.append(int(one))
    picture = Image.fromarray(nearest[where.reshape(-1)].reshape(pixels.shape[:2]))
    picture.putpalette(colours[kept].tobytes())
    out = io.BytesIO()
    picture.save(out, "png", optimize=True)
    return out.getvalue()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=DOCS, help="the folder that they are written to")
    options.add_argument("--check", action="store_true", help="make them all, and write none")
    chosen = options.parse_args()
    shutil.rmtree(HERE, ignore_errors=True)
    try:
        for name, png in take(HERE):
            small = reduced(png)
            if not chosen.check:
                (chosen.out / f"{name}.png").write_bytes(small)
            print(f"{name}.png: {len(small) // 1024} KB ({len(png) // 1024} KB before)", flush=True)
    finally:
        shutil.rmtree(HERE, ignore_errors=True)


if __name__ == "__main__":
    main()
