"""Any bytes into the report, led by coverage: run by hand, for as long as there is time.

    pip install atheris                                    (Linux, Python up to 3.13)
    python tests/fuzz/fuzz_report.py CORPUS -max_total_time=90 -max_len=65536 -rss_limit_mb=8192 -timeout=20

Run it so again and again: the fuzzer itself keeps what it was given, about a megabyte an input, and grows by that.

CORPUS is a folder of one's own; what finds new ways through the code is kept there. Files of a folder named by
SEEDS are cut into pieces and put into it first. An input is one byte that chooses what to make of the rest: a
file of its own, a piece at one of the places where a record is looked for, or changes to a practice device's dump.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sonoffkit"]):
    from sonoffkit.errors import NotRedacted
    from sonoffkit.firmware.redaction import redact
    from sonoffkit.listing import listing
    from sonoffkit.report import inspect_dump

from sonoffkit.practice import MODELS
from sonoffkit.practice.factory import factory_image

MB = 0x100000
DUMP = factory_image(MODELS["basic"], bytes.fromhex("5ccf7f010203"))
PLACES = (0, 0x1000, 0x10000, 0x78000, 0x7F000, 0x81000, 0xDB000, 0xF3000, *range(0xF8000, MB, 0x1000))
MOST_CHANGES = 64
counts = {"inputs": 0, "files": 0, "placed": 0, "changed": 0, "redacted": 0, "refused": 0}


def made_of(data: bytes) -> bytes:
    """The file that an input stands for."""
    kind, rest = data[0] % 4, data[1:]
    if kind == 0:
        counts["files"] += 1
        return rest
    if kind == 1:
        counts["placed"] += 1
        at = PLACES[rest[0] % len(PLACES)] if rest else 0
        return (b"\xff" * at + rest[1:]).ljust(MB, b"\xff")[:MB]
    counts["changed"] += 1
    out = bytearray(DUMP)
    for n in range(0, min(len(rest) - 4, MOST_CHANGES * 5), 5):
        at, value = struct.unpack_from("<IB", rest, n)
        out[_interesting(at)] = value
    length = struct.unpack_from("<I", rest.ljust(4, b"\0"))[0] % MB if kind == 3 else MB
    return bytes(out[:length])


def _interesting(number: int) -> int:
    """Half of all changes hit the beginnings of the sectors in which records lie."""
    if number & 1:
        return (number >> 1) % MB
    return PLACES[(number >> 1) % len(PLACES)] + (number >> 8) % 0x4A4


def one_input(data: bytes) -> None:
    if not data:
        return
    counts["inputs"] += 1
    dump = made_of(data)
    report = inspect_dump(dump, "fuzzed")
    at = 0
    for region in report.layout.regions:
        assert region.start == at < region.end, region
        at = region.end
    assert at == report.size
    listing(report)
    if counts["inputs"] % 8 == 0:
        redact_it(dump)
    if counts["inputs"] % 500 == 0:
        print(counts, file=sys.stderr)


def redact_it(dump: bytes) -> None:
    try:
        done = redact(dump)
    except NotRedacted:
        counts["refused"] += 1
    else:
        counts["redacted"] += 1
        assert len(done.data) == len(dump)


def seed(corpus: Path, folder: Path) -> None:
    """Pieces of real files, where there are any, and of the practice dump."""
    corpus.mkdir(parents=True, exist_ok=True)
    files = [DUMP, *(path.read_bytes() for path in sorted(folder.glob("*.bin*")))]
    for number, data in enumerate(files):
        (corpus / f"file-{number}").write_bytes(b"\0" + data[:0x8000])
        for place, at in enumerate(PLACES):
            if data[at : at + 0x1000].strip(b"\xff"):
                (corpus / f"place-{number}-{place}").write_bytes(bytes([1, place]) + data[at : at + 0x1000])
    (corpus / "changed").write_bytes(b"\2" + bytes(range(200)))
    (corpus / "cut").write_bytes(b"\3" + bytes(range(200)))


if __name__ == "__main__":
    folders = [word for word in sys.argv[1:] if not word.startswith("-")]
    if folders:
        seed(Path(folders[0]), Path(os.environ.get("SEEDS", "no-such-folder")))
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
