"""The record: what it says, what it never says, and that a changed one is told from a whole one."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from progress_helpers import ME, PORT

from sonoffkit.errors import BackupError, NoAnswer
from sonoffkit.firmware import Image
from sonoffkit.operations import EraseResult, FlashResult, IdentifyResult
from sonoffkit.progress import change_journal, make_record, note_done, note_fault, note_inspected, save_record
from sonoffkit.progress.page import is_all_done, record_page, record_rows
from sonoffkit.progress.record import NotARecord, Record, read_record
from sonoffkit.transfer import Written

SHA = "cd" * 32
WHEN = "2026-11-28T15:43:00+01:00"


@pytest.fixture
def done(make_backup):
    """A learner has done something of everything."""
    note_done("identify", PORT, ME, IdentifyResult(ME))
    result = make_backup()
    note_done("back_up", PORT, ME, result)
    note_fault("erase", PORT, NoAnswer("silence"))
    note_done("erase", PORT, ME, EraseResult(ME, 1.0))
    image = Image("tasmota.bin", b"\xe9", SHA)
    note_done("flash", PORT, ME, FlashResult(ME, image, 0, (), "", 1.0, Written(0, 0, 0), ""))
    note_inspected(SHA, "Tasmota 14.1")
    change_journal(lambda journal: replace(journal, learner="Ada"))
    return result.backup


def test_it_has_all_that_a_teacher_asks_for(done):
    record = make_record()
    (device,) = record.devices
    assert (record.learner, device.sticker, device.chip, device.size_text) == ("Ada", "7", "ESP8266EX", "0.25 MB")
    assert device.original.sha256 == done.manifest.sha256
    assert [(one.name, one.sha256, one.restored) for one in device.written] == [("tasmota.bin", SHA, False)]
    assert [(one.title, bool(one.solved)) for one in record.faults] == [("The device does not answer", True)]
    assert [one.firmware for one in record.looked] == ["Tasmota 14.1"]
    assert bool(device.hello) is bool(device.erased) is True


def test_a_saved_record_is_read_back_as_it_was(done, tmp_path):
    record = make_record()
    assert read_record(save_record(record, tmp_path)) == record


def test_the_page_says_in_words_what_its_data_say(done):
    page = record_page(make_record())
    visible = page.split("<script")[0]
    for words in ("Ada", "sticker 7", done.manifest.sha256, "tasmota.bin", SHA, "The device does not answer", "solved"):
        assert words in visible


def test_neither_the_mac_nor_the_backups_name_nor_a_folder_is_in_it(done, home):
    page = record_page(make_record()).lower()
    mac = ME.mac.replace(":", "")
    for secret in (ME.mac, mac, mac[-6:], ME.mac[-8:], PORT.lower(), str(home).lower(), done.path.name.lower()):
        assert secret not in page


def test_the_page_loads_nothing_and_runs_nothing(done):
    page = record_page(make_record())
    assert re.findall(r"https?:|src=|href=|@import|url\(", page) == []
    assert re.findall(r"<script[^>]*>", page) == ['<script type="application/json" id="sonoffkit-record">']
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "<!--<script>", "&lt;b&gt;", '"quoted"', "Zoë 李"]
)
def test_any_name_is_a_name_and_nothing_else(name, tmp_path):
    record = replace(make_record(), learner=name).sealed()
    page = record_page(record)
    assert page.count("<script") == 1
    assert read_record(save_record(record, tmp_path)).learner == name


@given(st.text(max_size=100))
def test_no_name_breaks_the_page_or_its_file(tmp_path_factory, name):
    from sonoffkit.progress.entries import clean

    record = Record("0123abcd", clean(name), WHEN, (), (), ()).sealed()
    path = save_record(record, tmp_path_factory.mktemp("record"))
    assert read_record(path) == record
    assert len(path.name) < 100


def test_saved_again_it_takes_the_place_of_the_earlier_one(done, tmp_path):
    first = save_record(make_record(), tmp_path)
    note_inspected("ef" * 32, "ESPHome")
    assert save_record(make_record(), tmp_path) == first
    assert len(read_record(first).looked) == 2
    assert len(list(tmp_path.glob("*.html*"))) == 1


def test_another_file_of_that_name_stays(done, tmp_path):
    record = make_record()
    path = save_record(record, tmp_path)
    path.write_text("mine")
    assert save_record(record, tmp_path) != path
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(BackupError, match=r"The record cannot be written to .*nowhere") as caught:
        save_record(make_record(), tmp_path / "nowhere")
    assert "nothing was overwritten" in caught.value.hint


def test_an_empty_record_is_a_record(tmp_path):
    assert read_record(save_record(make_record(), tmp_path)).devices == ()
    assert record_rows(make_record()) == []


def test_in_short_it_goes_in_the_courses_order_and_each_deed_has_a_tick(done):
    rows = record_rows(make_record())
    assert [what for what, _ in rows] == [
        "Device", "Said hello", "Backed up", "Inspected", "Erased", "Flashed", "Fault"
    ]  # fmt: skip
    assert all(words.startswith("✓ ") for _, words in rows[1:])
    assert is_all_done(make_record())


def test_of_several_devices_nobody_knows_whose_dump_was_inspected(done):
    other = replace(ME, mac="5c:cf:7f:00:00:02")
    note_done("identify", "COM9", other, IdentifyResult(other))
    devices = ["Device", "Said hello", "Backed up", "Erased", "Flashed", "Device", "Said hello", "Backed up"]
    assert [what for what, _ in record_rows(make_record())] == [*devices, "Inspected", "Fault"]
    assert not is_all_done(make_record())


def test_a_fault_that_is_not_solved_is_marked_as_open(done):
    note_fault("flash", PORT, NoAnswer("silence"))
    assert record_rows(make_record())[-1][1].startswith("○ The device does not answer (2 times): not solved yet, ")
    assert not is_all_done(make_record())


def test_the_original_is_the_first_backup_that_is_not_blank(done, make_backup):
    note_done("back_up", PORT, ME, make_backup(2))
    (device,) = make_record().devices
    assert len(device.backups) == 2
    assert device.original.sha256 == done.manifest.sha256


def test_a_real_device_comes_first_and_a_lessons_device_that_only_said_hello_is_left_out(done):
    other = replace(ME, mac="5c:cf:7f:00:00:55")
    note_done("identify", "practice://lesson", other, IdentifyResult(other))
    assert [device.practice for device in make_record().devices] == [False]
    note_done("erase", "practice://lesson", other, EraseResult(other, 1.0))
    assert [device.practice for device in make_record().devices] == [False, True]


def test_where_there_is_nothing_else_a_practice_sonoffs_hello_counts():
    note_done("identify", "practice://basic", ME, IdentifyResult(ME))
    assert [device.practice for device in make_record().devices] == [True]


def broken(path, change):
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(NotARecord) as caught:
        read_record(path)
    return str(caught.value)


CHANGES = {
    "it was changed after it was saved": lambda text: text.replace('"learner": "Ada"', '"learner": "Eve"'),
    "there is no record in it": lambda text: "<html>hello</html>",
    "there is a record in it, but it is cut off": lambda text: text[: text.index('"devices"')],
    "it was saved by another version of sonoffkit": lambda text: text.replace(
        '"sonoffkit record": 1', '"sonoffkit record": 2'
    ),
    "its data are damaged (its entries are not a record's)": lambda text: text.replace('"looked"', '"seen"'),
    "its data are damaged (a SHA-256 in it is none)": lambda text: text.replace(SHA, "short"),
    "it is larger than any record": lambda text: text + " " * (1 << 20),
}


@pytest.mark.parametrize("why", CHANGES)
def test_a_record_that_is_not_as_it_was_saved_is_told(done, tmp_path, why):
    assert broken(save_record(make_record(), tmp_path), CHANGES[why]) == why


def test_what_is_no_text_is_told(tmp_path):
    (tmp_path / "x.html").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(NotARecord, match="no text in UTF-8"):
        read_record(tmp_path / "x.html")


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each))
)
def test_any_json_in_its_place_is_refused_with_a_reason(tmp_path_factory, data):
    from sonoffkit.progress.record import TAG

    path = tmp_path_factory.mktemp("any") / "x.html"
    text = json.dumps(
        {"sonoffkit record": 1, "key": data} if not isinstance(data, dict) else data | {"sonoffkit record": 1}
    )
    path.write_text(f"{TAG}{text}</script>", encoding="utf-8")
    with pytest.raises(NotARecord):
        read_record(path)
