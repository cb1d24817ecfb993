"""How long the kit takes for its work against plain esptool, and how much memory: a table, and a chart of it.

Run by hand, alone on the machine, about twenty minutes: python tests/benchmarks/speed_table.py --chart docs/speed.svg
One row: --only NAME; those of a kind by how they begin, as in --only restore. A wrong name lists all.
Drawn anew without measuring: --from build/speed.json --chart docs/speed.svg

Both sides are processes, one after the other on one practice device, in real
time over its pseudo-terminal, with the latency of an FT232 as it is shipped.
What counts is the wall time of the whole process. Before each run the device
starts anew in download mode, so that either side has to load its stub, but for
a second backup: the stub of the first still runs then, as in life. The kit has
no settings from before, but for a second backup. Every result is compared with
the device's flash; where they differ the measuring ends with an error.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from html import escape
from importlib import metadata
from pathlib import Path
from typing import Any

from sonoffkit.practice.flash import SECTOR, read_seconds

MB = 0x100000
LATENCY = 0.016
BITS_PER_BYTE = 10  # 8N1
SAFE_BAUD = 115200
PATIENCE_SECONDS = 900  # of one run; the slowest takes two minutes
CHANGED_SECTORS = 5  # of 256: 2 %
BLANK = b"\xff" * SECTOR

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "build" / "speed.json"
REAL_STOCK = ROOT.parent / "shared" / "firmware" / "stock_basic_fw1.6.0_redacted.bin"
FACTORY = "factory"  # the practice Sonoff's own image, which the server makes

# No model has 16 MB; this server has one. Before the command line is read, since that knows the models by then.
SERVE = """
from dataclasses import replace
from sonoffkit.practice.models import MODELS
from sonoffkit.practice.images import SIZE_CODES
SIZE_CODES[16 << 20] = 9  # as in esptool's targets/esp8266.py
MODELS["big"] = replace(MODELS["basic"], name="big", title="Sonoff with 16 MB", flash_id=0x1840EF, flash_size=16 << 20)
from sonoffkit.cli import main
main()
"""
# Notes only the first and the last sign of progress: all of them would count as memory. VmHWM is what ru_maxrss would
# say, had that not begun with the peak of the parent process (Linux; measured).
KIT = """
import json, re, resource, sys, time
from pathlib import Path
from sonoffkit.operations import back_up, restore
from sonoffkit.session import connect
from sonoffkit.vault import Vault
what, port, baud, folder = sys.argv[1:]
seen = {}
def look(done, total):
    now = time.monotonic()
    seen.setdefault("first", (done, now))
    if done > seen.get("last", (0, 0))[0]:
        seen["last"] = (done, now)
with connect(port, int(baud)) if baud else connect(port) as device:
    if what == "restore":
        path = restore(device, Vault(folder).backups()[0]).backup.path
    else:
        path = back_up(device, Vault(folder), progress=look).backup.path
if sys.platform == "linux":
    memory = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
else:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(dict(path=str(path), memory=memory, **seen)))
"""


# One practice device and what is done to it


class Served:
    """A practice device in a process of its own: its port, its flash, the hand at its button."""

    def __init__(self, folder: Path, server: subprocess.Popen[str]) -> None:
        self.folder, self._server = folder, server
        self.port = self._line().strip()
        self.flash = folder / "device" / "flash.bin"
        self.image = folder / "image.bin"  # what it is to hold

    def set_up(self, image: str | Path) -> None:
        """Put an image on it: the one it was made with, random bytes, or a file's."""
        if image == "dense":
            write_dense(self.image, self.flash.stat().st_size)
        else:
            shutil.copyfile(self.flash if image == FACTORY else image, self.image)
        with self.image.open("rb") as file:
            for at in range(0, self.flash.stat().st_size, MB):
                self.change(at, file.read(MB))

    def change(self, address: int, data: bytes) -> None:
        """Into the file where it is: the server has it in its memory."""
        with self.flash.open("r+b") as file:
            file.seek(address)
            file.write(data)

    def into_download_mode(self) -> None:
        """Power up anew with the button held, and wait until that is done."""
        words = ("hold", "cycle", "release")
        assert self._server.stdin
        self._server.stdin.write("".join(f"{word}\n" for word in words))
        self._server.stdin.flush()
        for _ in words:
            while not (line := self._line()).startswith("power "):
                pass
        if "download mode" not in line:
            sys.exit(f"the device is not in download mode: {line}")
        time.sleep(0.5)  # what the ROM says at its start is through by then

    def check(self, file: Path) -> None:
        """End all where a file is not what the device holds."""
        if not same(file, self.flash):
            sys.exit(f"BYTES DIFFER: {file.name} is not what the device holds")

    def new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))

    def _line(self) -> str:
        assert self._server.stdout
        line = self._server.stdout.readline()
        if not line:
            sys.exit("the practice device's server has ended")
        return line


@contextlib.contextmanager
def served(
    image: str | Path, *, model: str = "basic", realtime: bool = True, latency: float = LATENCY
) -> Iterator[Served]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SERVE, "practice", "--pty", "--home", f"{folder}/device", "--model", model]
        if realtime:
            command += ["--realtime", "--latency", str(latency)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            try:
                device = Served(Path(folder), server)
                device.set_up(image)
                yield device
            finally:
                server.terminate()


class Kit:
    """The kit as somebody has it: its settings and its vault last from one run to the next. No baud: out of the box."""

    def __init__(self, device: Served, baud: int | None = None, vault: Path | None = None) -> None:
        self._device, self._baud = device, baud
        self._home = device.new_folder()
        self.vault = vault or self._home / "vault"
        self.told: dict[str, Any] = {}

    def back_up(self) -> float:
        return self._run("back up")

    def restore(self) -> float:
        return self._run("restore")

    def _run(self, what: str) -> float:
        baud = str(self._baud or "")
        command = [sys.executable, "-c", KIT, what, self._device.port, baud, str(self.vault)]
        seconds, told = timed(command, SONOFFKIT_HOME=str(self._home))
        self.told = json.loads(told.splitlines()[-1])
        self._device.check(Path(self.told["path"]))
        return seconds


def esptool(device: Served, baud: int, *command: str) -> float:
    # The options that leave the device as the kit leaves it.
    options = ["--port", device.port, "--baud", str(baud), "--before", "no-reset", "--after", "no-reset-stub"]
    return timed([sys.executable, "-m", "esptool", *options, *command])[0]


def timed(command: list[str], **environment: str) -> tuple[float, str]:
    began = time.monotonic()
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE_SECONDS, env=os.environ | environment
    )
    return time.monotonic() - began, done.stdout


def write_dense(path: Path, size: int) -> None:
    """Random bytes, a MB at a time."""
    rng = random.Random(1)
    with path.open("wb") as file:
        for _ in range(0, size, MB):
            file.write(rng.randbytes(MB))


def same(one: Path, other: Path) -> bool:
    """Byte for byte; not by filecmp, which trusts dates, and a file in memory may keep its own."""
    with one.open("rb") as left, other.open("rb") as right:
        while (data := left.read(MB)) == right.read(MB):
            if not data:
                return True
    return False


# The rows


@dataclass(frozen=True)
class Row:
    """One comparison: seconds of ours and of theirs. ``short`` and ``rival`` name them in the chart, if it is there."""

    name: str
    work: str
    against: str
    image: str
    measure: Callable[[Served, int], tuple[float, float]]
    goal: float | None = None
    short: str = ""
    rival: str = "esptool"


def backup(
    device: Served, run: int, *, baud: int | None, region: tuple[str, str] = ("0", "ALL")
) -> tuple[float, float]:
    out = device.new_folder() / "image1M.bin"
    device.into_download_mode()
    theirs = esptool(device, baud or SAFE_BAUD, "read-flash", *region, str(out))
    device.check(out)
    device.into_download_mode()
    return Kit(device, baud).back_up(), theirs


def second_backup(device: Served, run: int, *, baud: int | None) -> tuple[float, float]:
    kit = Kit(device, baud)
    device.into_download_mode()
    first = kit.back_up()
    return kit.back_up(), first


def restored(device: Served, run: int, *, baud: int) -> tuple[float, float]:
    device.into_download_mode()
    keeper = Kit(device)
    keeper.back_up()
    damage(device, run)
    theirs = esptool(device, baud, "write-flash", "-fm", "keep", "-ff", "keep", "-fs", "keep", "0", str(device.image))
    device.check(device.image)
    damage(device, run)
    ours = Kit(device, baud, keeper.vault).restore()
    device.check(device.image)
    return ours, theirs


def damage(device: Served, seed: int) -> None:
    """Change some sectors, as if the device had worked on, and power it up in download mode."""
    rng = random.Random(seed)
    sectors = device.flash.stat().st_size // SECTOR
    for sector in rng.sample(range(sectors), CHANGED_SECTORS):
        device.change(sector * SECTOR, rng.randbytes(SECTOR))
    device.into_download_mode()


READ, WRITE, FIRST = "`esptool read-flash`", "`esptool write-flash`", "the first backup"
RECIPE = ("0x00000", "0x100000")
ROWS = (
    Row("stock", "backup, stock, 460800 baud", READ, "stock", partial(backup, baud=460800), 0.62,
        "Backup of a stock Sonoff, 460800 baud"),
    Row("out-of-box", "backup, stock, out of the box", f"{READ} of the recipe, 115200 baud", "stock",
        partial(backup, baud=None, region=RECIPE), 0.15, "Backup of a stock Sonoff, out of the box", "the recipe"),
    Row("dense-115200", "backup, dense, 115200 baud", READ, "dense", partial(backup, baud=115200), 1.02),
    Row("dense-460800", "backup, dense, 460800 baud", READ, "dense", partial(backup, baud=460800), 1.00,
        "Backup of a flash without blanks, 460800 baud"),
    Row("second", "second backup, stock, 460800 baud", FIRST, "stock", partial(second_backup, baud=460800), 0.15,
        "Second backup, nothing changed, 460800 baud", "the first"),
    Row("second-out-of-box", "second backup, stock, out of the box", FIRST, "stock", partial(second_backup, baud=None)),
    Row("second-dense", "second backup, dense, 460800 baud", FIRST, "dense", partial(second_backup, baud=460800)),
    Row("restore-stock-115200", "restore, stock, 2 % changed, 115200 baud", WRITE, "stock",
        partial(restored, baud=115200), 0.20, "Restore where 2 % changed, 115200 baud"),
    Row("restore-stock-460800", "restore, stock, 2 % changed, 460800 baud", WRITE, "stock",
        partial(restored, baud=460800)),
    Row("restore-dense-115200", "restore, dense, 2 % changed, 115200 baud", WRITE, "dense",
        partial(restored, baud=115200)),
    Row("restore-dense-460800", "restore, dense, 2 % changed, 460800 baud", WRITE, "dense",
        partial(restored, baud=460800)),
)  # fmt: skip


def measured(row: Row, stock: str | Path, runs: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"ours": [], "theirs": []}
    with served(stock if row.image == "stock" else row.image) as device:
        for run in range(runs):
            ours, theirs = row.measure(device, run)
            note(f"{row.name}: ours {ours:.1f} s, theirs {theirs:.1f} s, ratio {ours / theirs:.3f}")
            found["ours"].append(ours)
            found["theirs"].append(theirs)
    return found


# Beyond the rows: the wire, and the memory

WIRE_BAUDS = (115200, 460800, 921600)


def wire(runs: int) -> dict[str, Any]:
    """Where the time goes while the bytes of a dense flash come, in seconds.

    From the first sign of progress to the last byte. The latency's share is
    what the same takes less over an adapter without any.
    """
    return {str(baud): wire_at(baud, runs) for baud in WIRE_BAUDS}


def wire_at(baud: int, runs: int) -> dict[str, float]:
    seconds, size, escapes = statistics.median_low(flow(baud, LATENCY) for _ in range(runs))
    without = statistics.median_low(flow(baud, 0.0) for _ in range(runs))[0]
    note(f"wire at {baud}: {seconds:.2f} s, {without:.2f} s without latency")
    return {
        "all": seconds,
        "payload": size * BITS_PER_BYTE / baud,
        "escapes": escapes * BITS_PER_BYTE / baud,
        "latency": seconds - without,
        "chip": read_seconds(size),
    }


def flow(baud: int, latency: float) -> tuple[float, int, int]:
    """Of a backup, from the first sign of progress to the last: the seconds, its bytes, and those that SLIP adds."""
    with served("dense", latency=latency) as device:
        device.into_download_mode()
        kit = Kit(device, baud)
        kit.back_up()
        (start, began), (end, ended) = kit.told["first"], kit.told["last"]
        data = device.image.read_bytes()[start:end]
        marks = 2 * (len(data) // SECTOR)  # the stub sends a sector in one frame
        return ended - began, len(data), data.count(b"\xc0") + data.count(b"\xdb") + marks


def memory(runs: int) -> dict[str, int]:
    """The backup's peak memory in bytes, by the size of the flash; at full speed."""
    return {"1 MB": peak("basic", runs), "16 MB": peak("big", runs)}


def peak(model: str, runs: int) -> int:
    peaks = []
    with served("dense", model=model, realtime=False) as device:
        for _ in range(runs):
            device.into_download_mode()
            kit = Kit(device)
            seconds = kit.back_up()
            note(f"memory, {model}: {kit.told['memory'] / MB:.1f} MB in {seconds:.1f} s")
            peaks.append(kit.told["memory"])
    return int(statistics.median(peaks))


# What is told


def table(record: dict[str, Any]) -> str:
    lines = ["| work | against | ours, s | theirs, s | ratio | goal | met |", "|---|---|---|---|---|---|---|"]
    for row in ROWS:
        if row.name in record:
            ours, theirs, ratio = medians(record[row.name])
            goal, met = ("", "") if row.goal is None else (f"≤ {row.goal:.2f}", yes(ratio <= row.goal))
            lines.append(f"| {row.work} | {row.against} | {ours:.1f} | {theirs:.1f} | {ratio:.3f} | {goal} | {met} |")
    return "\n".join(lines) if len(lines) > 2 else ""


def wire_table(found: dict[str, Any]) -> str:
    """What the chip's reads take beyond "the rest", it does while its last packet is on the wire."""
    lines = [
        "| dense flash, baud | wire efficiency | s | payload | escapes | latency | the rest | chip reads alone |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for baud, spent in found.items():
        rest = spent["all"] - spent["payload"] - spent["escapes"] - spent["latency"]
        parts = (spent["payload"], spent["escapes"], spent["latency"], rest, spent["chip"])
        shares = " | ".join(f"{100 * part / spent['all']:.1f} %" for part in parts)
        lines.append(f"| {baud} | {spent['payload'] / spent['all']:.3f} | {spent['all']:.2f} | {shares} |")
    return "\n".join(lines)


def memory_table(found: dict[str, int]) -> str:
    small, big = found["1 MB"], found["16 MB"]
    goal = 2 * 15 * MB
    return (
        "| peak memory of a backup | 1 MB | 16 MB | difference | goal | met |\n|---|---|---|---|---|---|\n"
        f"| dense, out of the box | {small / MB:.1f} MB | {big / MB:.1f} MB | {(big - small) / MB:.1f} MB "
        f"| ≤ {goal // MB} MB | {yes(big - small <= goal)} |"
    )


def report(record: dict[str, Any]) -> str:
    parts = [table(record)]
    if "wire" in record:
        parts.append(wire_table(record["wire"]))
    if "memory" in record:
        parts.append(memory_table(record["memory"]))
    abouts = sorted(set(record.get("about", {}).values()))
    return "\n\n".join(part for part in [*parts, *abouts] if part)


def medians(found: dict[str, list[float]]) -> tuple[float, float, float]:
    """Of ours, of theirs, and of the ratios within a run."""
    ratios = [ours / theirs for ours, theirs in zip(found["ours"], found["theirs"], strict=True)]
    return statistics.median(found["ours"]), statistics.median(found["theirs"]), statistics.median(ratios)


def about(stock: str | Path, runs: int) -> str:
    day = datetime.date.today()
    tools = f"esptool {metadata.version('esptool')}, sonoffkit {metadata.version('sonoffkit')}"
    return f"Measured {day}, {tools}, runs: {runs}. Stock image: {about_stock(stock)}."


def about_stock(stock: str | Path) -> str:
    with served(stock, realtime=False) as device:
        data = device.image.read_bytes()
    sectors = [data[start : start + SECTOR] for start in range(0, len(data), SECTOR)]
    name = "the practice Sonoff's own" if stock == FACTORY else Path(stock).name
    return f"{name}, {sectors.count(BLANK)} of {len(sectors)} sectors blank"


def yes(met: bool) -> str:
    return "yes" if met else "no"


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# The chart

WIDTH, BAR_LEFT, BAR_RIGHT, BAR_HEIGHT, TOP, STEP = 640, 118, 544, 16, 74, 72
OURS, THEIRS = "#1a4f8b", "#c3ccd6"  # dark and light: told apart in grey, too
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" \
aria-labelledby="title desc" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13" \
fill="#1f2328">
<title id="title">{title}</title>
<desc id="desc">{desc}</desc>
<rect x="0.5" y="0.5" width="{inner_width}" height="{inner_height}" rx="8" fill="#ffffff" stroke="#d0d7de"/>
<text x="20" y="32" font-size="16" font-weight="600">{title}</text>
<text x="20" y="52" fill="#57606a">{subtitle}</text>
{groups}
</svg>
"""
GROUP = """\
<g transform="translate(0 {top})">
<text x="20" y="14" font-weight="600">{name}</text>
<text x="620" y="14" text-anchor="end" fill="#57606a">{ratio}</text>
{bars}
</g>"""
BAR = """\
<text x="110" y="{text_y}" text-anchor="end">{who}</text>
<rect x="118" y="{y}" width="{width:.1f}" height="16" fill="{fill}" stroke="{stroke}"/>
<text x="{end:.1f}" y="{text_y}">{seconds}</text>"""
TITLE = "How long it takes, in seconds"
SUBTITLE = "1 MB flash, a practice Sonoff in real time, 16 ms latency. Shorter is better."


def chart(record: dict[str, Any]) -> str:
    rows = [row for row in ROWS if row.short and row.name in record]
    if not rows:
        sys.exit("nothing measured that the chart shows")
    found = {row.name: medians(record[row.name]) for row in rows}
    scale = (BAR_RIGHT - BAR_LEFT) / max(max(ours, theirs) for ours, theirs, _ in found.values())
    height = TOP + STEP * len(rows) + 2
    return SVG.format(
        width=WIDTH, height=height, inner_width=WIDTH - 1, inner_height=height - 1, title=TITLE,
        subtitle=escape(SUBTITLE), desc=escape(" ".join([SUBTITLE, *(told(row, *found[row.name]) for row in rows)])),
        groups="\n".join(group(row, TOP + STEP * n, scale, *found[row.name]) for n, row in enumerate(rows)),
    )  # fmt: skip


def told(row: Row, ours: float, theirs: float, ratio: float) -> str:
    """A row of the chart for those who hear it."""
    return f"{row.short}: sonoffkit {ours:.1f} s, {row.rival} {theirs:.1f} s."


def group(row: Row, top: int, scale: float, ours: float, theirs: float, ratio: float) -> str:
    bars = [bar("sonoffkit", ours, scale, 22, OURS, OURS), bar(row.rival, theirs, scale, 42, THEIRS, "#6e7781")]
    return GROUP.format(top=top, name=escape(row.short), ratio=f"{ratio:.2f} of the time", bars="\n".join(bars))


def bar(who: str, seconds: float, scale: float, y: int, fill: str, stroke: str) -> str:
    width = seconds * scale
    return BAR.format(
        who=escape(who), y=y, text_y=y + 13, width=width, end=BAR_LEFT + width + 8, fill=fill, stroke=stroke,
        seconds=f"{seconds:.1f} s",
    )  # fmt: skip


# The command


def main() -> None:
    wanted = arguments()
    if wanted.source:
        record = json.loads(wanted.source.read_text(encoding="utf-8"))
    else:
        record = measure_all(chosen(wanted.only), stock_image(wanted.stock), wanted.runs)
    print(report(record))
    if wanted.chart:
        wanted.chart.write_text(chart(record), encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="NAME", help="this row, or those that begin so")
    parser.add_argument("--runs", type=int, default=1, help="of each; the median counts")
    parser.add_argument("--stock", type=Path, help="a stock image of 1 MB; also by $SONOFFKIT_STOCK_IMAGE")
    parser.add_argument("--chart", type=Path, metavar="SVG", help="write the chart there")
    parser.add_argument("--from", type=Path, dest="source", metavar="JSON", help="do not measure: tell what was")
    return parser.parse_args()


def chosen(beginnings: list[str] | None) -> list[str]:
    names = [*(row.name for row in ROWS), "wire", "memory"]
    found = [name for name in names if any(fits(name, start, names) for start in beginnings or [""])]
    return found or sys.exit(f"no such row; there are: {', '.join(names)}")


def fits(name: str, wanted: str, names: list[str]) -> bool:
    """Its own name means a row alone, any other beginning all that begin so."""
    return name == wanted if wanted in names else name.startswith(wanted)


def stock_image(given: Path | None) -> str | Path:
    path = given or Path(os.environ.get("SONOFFKIT_STOCK_IMAGE") or REAL_STOCK)
    if path == REAL_STOCK and not path.exists():
        return FACTORY
    if not path.is_file() or path.stat().st_size != MB:
        sys.exit(f"{path} is no image of 1 MB")
    return path


def measure_all(names: list[str], stock: str | Path, runs: int) -> dict[str, Any]:
    """What was measured before stays in the record until it is measured anew."""
    before = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    record: dict[str, Any] = {"about": {}} | before
    others: dict[str, Callable[[int], dict[str, Any]]] = {"wire": wire, "memory": memory}
    rows = {row.name: row for row in ROWS}
    words = about(stock, runs)
    for name in names:
        record[name] = measured(rows[name], stock, runs) if name in rows else others[name](runs)
        record["about"][name] = words
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(record, indent=1), encoding="utf-8")
    shown = {name: record[name] for name in names}
    return shown | {"about": dict.fromkeys(names, words)}


if __name__ == "__main__":
    main()
