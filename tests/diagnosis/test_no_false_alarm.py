"""What is no failure gives no diagnosis: logs of runs that went well, and prose about failures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sonoffkit import errors
from sonoffkit.diagnosis import diagnose, explain, known, unknown_text_help

ROOT = Path(__file__).parents[2]
RUNS = sorted((Path(__file__).parent / "runs").glob("*.txt"))

PROSE = """\
My Sonoff worked well for a year. Yesterday I set a timeout of 10 seconds and flashed it; there was no error.
Permission denied is what the doctor said about my diet. The port was busy all day with ships, access is denied after 8.
If the device does not answer, hold the button while you connect the power, and check RX and TX.
A read timeout can have many reasons: noise, a bad adapter, weak power. Verification failed for no apparent reason once.
No such file or directory exists in my office. A serial port cannot be opened twice. The stub is running, it said.
The MD5 of the file did match. The flash size is 1 MB, the file is 500 kB, so it will fit into the flash.
I cancelled the run by pressing Ctrl-C. Write timeouts are rare. Brownouts happen in summer.
Failed to connect to my own expectations: that is how I felt when it said hash of data verified.
"""


def test_there_are_real_runs_of_four_generations():
    versions = [file.stem.removeprefix("esptool-") for file in RUNS]
    assert versions == ["2.8", "3.3.3", "4.8.1", "5.6.0"]
    assert all(file.read_text(encoding="utf-8").count("$ esptool") == 6 for file in RUNS)


@pytest.mark.parametrize("file", RUNS, ids=lambda file: file.stem)
def test_a_run_that_went_well_gives_none(file):
    text = file.read_bytes().decode()
    assert diagnose(text) == ()
    for run in text.split("$ esptool")[1:]:
        assert diagnose("$ esptool" + run) == ()


def test_a_device_that_starts_normally_gives_none():
    log = (
        " ets Jan  8 2013,rst cause:1, boot mode:(3,6)\n\nload 0x40100000, len 2408, room 16 \ntail 8\nchksum 0xe5\n"
        "load 0x3ffe8000, len 776, room 0 \ntail 8\nchksum 0x84\nload 0x3ffe8310, len 632, room 0 \ntail 8\n"
        "chksum 0xd8\ncsum 0xd8\n\n2nd boot version : 1.6\n  SPI Speed      : 40MHz\n  SPI Mode       : DOUT\n"
    )
    assert diagnose(log) == ()


def test_prose_gives_none():
    assert diagnose(PROSE) == ()
    for line in PROSE.splitlines():
        assert diagnose(line) == ()


def test_our_own_words_give_none():
    """Who pastes what the kit has said about a failure must not be told of ten others."""
    for name in known():
        diagnosis = explain(name)
        words = [diagnosis.title, diagnosis.means, diagnosis.safe]
        words += [part for cause in diagnosis.causes for part in (cause.what, cause.check, cause.fix)]
        assert {told.name for word in words for told in diagnose(word, ports=())} <= {name}
    hints = [getattr(errors, name).usual_hint for name in errors.__all__]
    assert [hint for hint in hints if diagnose(hint)] == []
    assert diagnose(unknown_text_help()) == ()


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("[1-5]-*.ipynb")), ids=lambda path: path.stem)
def test_what_the_notebooks_say_gives_none(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    told = [
        (diagnosis.name, diagnosis.evidence)
        for cell in cells
        if cell["cell_type"] == "markdown"
        for diagnosis in diagnose("".join(cell["source"]))
    ]
    assert told == []
