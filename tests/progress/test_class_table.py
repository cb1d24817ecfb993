"""A folder of records becomes one table; what is none is listed with the reason; no cell runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from click.testing import CliRunner

from sonoffkit.cli import main
from sonoffkit.progress import read_class, save_record
from sonoffkit.progress.page import record_page
from sonoffkit.progress.record import BackupMade, DeviceRecord, FaultMet, Looked, Record, Written

SHA, OTHER = "ab" * 32, "cd" * 32
WHEN, LATER = "2026-11-28T15:43:00+01:00", "2026-11-28T16:00:00+01:00"
DEVICE = DeviceRecord(
    "7", "ESP8266EX", 1 << 20, False, WHEN, WHEN, (BackupMade(SHA, WHEN, False),),
    (Written("tasmota.bin", OTHER, WHEN, False), Written("", SHA, LATER, True)),
)  # fmt: skip
FAULTS = (FaultMet("The device does not answer", 2, WHEN, WHEN), FaultMet("There is no such port", 1, WHEN, ""))


def record(key="00000001", learner="Ada", saved=WHEN, devices=(DEVICE,), faults=FAULTS) -> Record:
    return Record(key, learner, saved, devices, (Looked("Tasmota", WHEN),), faults).sealed()


def hand_in(folder, one: Record, name: str = ""):
    if name:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(record_page(one), encoding="utf-8")
    else:
        save_record(one, folder)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "class").mkdir()
    return tmp_path / "class"


def run(*words):
    return CliRunner().invoke(main, ["class", *map(str, words)])


def test_a_record_becomes_a_row(folder):
    hand_in(folder, record(), "ada.html")
    (row,) = read_class(folder).rows
    assert row == {
        "Learner": "Ada", "Sticker": "7", "Device": "ESP8266EX, 1 MB", "Hello": "2026-11-28 15:43",
        "Backup": "2026-11-28 15:43", "Backup's SHA-256": SHA, "Erased": "2026-11-28 15:43",
        "Written": "tasmota.bin, then the backup", "Firmware's SHA-256": OTHER, "Dumps": "Tasmota",
        "Faults solved": "1 of 2",
        "Faults": "The device does not answer (solved); There is no such port (not solved)",
        "Record of": "2026-11-28 15:43", "File": "ada.html",
    }  # fmt: skip


def test_the_class_is_sorted_by_name_and_counted(folder):
    for n, name in enumerate(["Zoë", "ada", "", "Bo"]):
        hand_in(folder, record(f"{n:08x}", name))
    table = read_class(folder)
    assert [row["Learner"] for row in table.rows] == ["ada", "Bo", "Zoë", "(no name)"]
    assert table.summary == "4 learners, 4 devices, 4 of them backed up."


def test_folders_of_a_learning_platform_are_looked_into(folder):
    hand_in(folder, record(), "Ada L_123/record.html")
    assert [row["File"] for row in read_class(folder).rows] == ["Ada L_123/record.html"]


def test_of_one_learners_two_records_the_newer_counts_and_it_says_so(folder):
    hand_in(folder, record(), "a.html")
    hand_in(folder, record(saved=LATER, faults=()), "b.html")
    table = read_class(folder)
    assert [row["File"] for row in table.rows] == ["b.html"]
    assert table.notes == ("a.html and b.html are both of Ada: the newer one, b.html, counts.",)


def test_it_is_the_moment_that_counts_and_not_the_clocks_zone(folder):
    hand_in(folder, record(saved="2026-11-28T15:00:00+00:00"), "utc.html")
    hand_in(folder, record(saved="2026-11-28T15:30:00+01:00"), "cet.html")
    assert [row["File"] for row in read_class(folder).rows] == ["utc.html"]


def test_one_learner_with_one_device_on_two_laptops_is_one_row(folder):
    hand_in(folder, record("00000001"), "one.html")
    hand_in(folder, record("00000002", "ADA", LATER), "two.html")
    table = read_class(folder)
    assert ([row["File"] for row in table.rows], table.learners) == (["two.html"], 1)
    assert table.notes == ("one.html and two.html are both of Ada and sticker 7: the newer one, two.html, counts.",)


def test_two_learners_of_one_name_without_stickers_are_two(folder):
    for key in ("00000001", "00000002"):
        hand_in(folder, record(key, devices=(replace(DEVICE, sticker=""),)))
    assert (len(read_class(folder).rows), read_class(folder).notes) == (2, ())


def test_a_learner_without_a_device_is_a_row(folder):
    hand_in(folder, record(devices=()))
    (row,) = read_class(folder).rows
    assert (row["Learner"], row["Device"]) == ("Ada", "")


def test_what_is_no_record_is_listed_with_the_reason(folder):
    hand_in(folder, record(), "good.html")
    whole = (folder / "good.html").read_text(encoding="utf-8")
    (folder / "changed.html").write_text(whole.replace('"sticker": "7"', '"sticker": "8"'), encoding="utf-8")
    (folder / "cut.html").write_text(whole[:-400], encoding="utf-8")
    (folder / "empty.html").touch()
    (folder / "photo.jpg").write_bytes(b"\xff\xd8")
    (folder / "home.zip").write_bytes(b"PK")
    (folder / "binary.html").write_bytes(bytes(range(256)))
    table = read_class(folder)
    assert len(table.rows) == 1
    assert table.refused == (
        "binary.html: it is no text in UTF-8.",
        "changed.html: it was changed after it was saved.",
        "cut.html: there is a record in it, but it is cut off.",
        "empty.html: there is no record in it.",
        "home.zip: it may hold a learner's backup, with their Wi-Fi password; ask for the record, an HTML file.",
        "photo.jpg: a record is an HTML file.",
    )
    assert all(line in table.text() for line in table.refused)
    assert "photo.jpg" in table.html()


def test_what_systems_put_into_folders_is_not_mentioned(folder):
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._record.html"):
        (folder / name).write_bytes(b"x")
    assert read_class(folder).refused == ()


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1", "\t=1", " =1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula_for_a_spreadsheet(folder, formula):
    from sonoffkit.progress.entries import clean

    device = replace(DEVICE, sticker=clean(formula), written=(Written(clean(formula), SHA, WHEN, False),))
    hand_in(folder, record(learner=clean(formula), devices=(device,)), "x.html")
    cells = list(csv.reader(io.StringIO(read_class(folder).csv())))[1]
    assert [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@＝")] == []
    assert cells[0] == f"'{clean(formula)}"


def test_a_name_cannot_break_the_page_or_the_terminal(folder):
    hand_in(folder, record(learner="<img src=x onerror=alert(1)>"), "x.html")
    table = read_class(folder)
    assert "<img" not in table.html()
    (folder / "\x1b[31mred.txt").write_text("x")
    assert "\x1b" not in read_class(folder).text()


# The command


def test_the_command_prints_the_table_and_writes_page_and_sheet(folder, tmp_path):
    hand_in(folder, record(learner="Zoë"), "zoe.html")
    done = run(folder, "--html", tmp_path / "t.html", "--csv", tmp_path / "t.csv")
    assert done.exit_code == 0
    assert "1 learner, 1 device, 1 of them backed up." in done.output
    assert "Zoë" in done.output
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbfLearner,Sticker,")
    assert "<td>Zoë</td>" in (tmp_path / "t.html").read_text(encoding="utf-8")


def test_written_into_the_folder_its_own_tables_are_no_strangers(folder):
    hand_in(folder, record(), "a.html")
    for _ in range(2):
        done = run(folder, "--html", folder / "class.html", "--csv", folder / "class.csv")
    assert "Not counted" not in done.output


def test_a_table_of_another_day_is_called_what_it_is(folder):
    hand_in(folder, record(), "a.html")
    run(folder, "--html", folder / "class.html")
    assert read_class(folder).refused == ("class.html: it is a table that this command wrote.",)


def test_a_learners_record_is_never_written_over(folder):
    hand_in(folder, record(), "a.html")
    before = (folder / "a.html").read_bytes()
    done = run(folder, "--html", folder / "a.html")
    assert done.exit_code == 1
    assert "is a learner's record, and stays as it is" in done.output
    assert (folder / "a.html").read_bytes() == before


def test_a_folder_without_records_says_so(folder):
    done = run(folder)
    assert (done.exit_code, done.output) == (1, "There is no record in it.\n")


def test_a_long_list_of_strangers_is_cut_in_the_terminal(folder):
    for n in range(40):
        (folder / f"{n:02}.txt").touch()
    assert "and 10 more" in run(folder).output


def test_a_folder_that_is_not_there_is_said(tmp_path):
    done = run(tmp_path / "nowhere")
    assert done.exit_code == 2
    assert "does not exist" in done.output
