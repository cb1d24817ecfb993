"""The dump picker, the report's view and the secrets' view, without a browser."""

from __future__ import annotations

import html
import re

import ipywidgets
import pytest

from sonoffkit.errors import DumpUnreadable
from sonoffkit.practice import MODELS, lesson_images, sample_dumps
from sonoffkit.practice.factory import factory_image, factory_network
from sonoffkit.report import inspect_dump
from sonoffkit.widgets import DumpPicker, ReportView, SecretsView

MAC = bytes.fromhex("5ccf7f010203")
DUMP = factory_image(MODELS["basic"], MAC)
NETWORK = factory_network(MAC)


@pytest.fixture(scope="module")
def report():
    return inspect_dump(DUMP, "mine.bin")


def words(widget) -> str:
    """All that a widget says, without tags, on one line."""
    found = []
    for one in (widget, *getattr(widget, "children", ())):
        text = getattr(one, "told", None) or (one.value if isinstance(one, ipywidgets.HTML) else "")
        if text:
            found.append(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL))
        elif one is not widget:
            found.append(words(one))
    return " ".join(html.unescape(" ".join(found)).split())


# The picker


def test_without_backups_the_samples_are_offered(tmp_path):
    picker = DumpPicker(tmp_path / "dumps")
    names = [label for label, _ in picker._choice.options]
    assert names == [f"dumps/{name}" for name in sorted(sample_dumps())]
    assert picker.picked().read_bytes() == sample_dumps()[picker.picked().name]


def test_the_newest_backup_is_chosen_before_any_sample(tmp_path, saved):
    picker = DumpPicker(tmp_path / "dumps")
    assert picker.picked() == saved.path
    label = picker._choice.options[0][0]
    assert label.startswith("backup of 20")
    assert label.endswith(f", {saved.manifest.size_text}, {saved.manifest.mac}")  # a narrow list cuts the end off


def test_the_folder_for_large_files_is_named(tmp_path, saved):
    picker = DumpPicker(tmp_path / "dumps")
    assert picker.picked().parent != tmp_path / "dumps"  # so that the card below has another one
    assert "A file over 10 MB: copy it into the folder dumps." in words(picker)


def test_a_file_that_is_added_is_chosen_and_no_other_is_overwritten(tmp_path):
    picker = DumpPicker(tmp_path / "dumps")
    picker.add("mine.bin", DUMP)
    assert picker.picked().read_bytes() == DUMP
    picker.add("mine.bin", DUMP[:100])
    assert "another file named mine.bin" in words(picker)
    assert picker.picked().read_bytes() == DUMP


def test_a_file_is_not_put_anywhere_but_into_the_folder(tmp_path):
    picker = DumpPicker(tmp_path / "dumps")
    picker.add("../../mine.bin", DUMP)
    assert picker.picked() == tmp_path / "dumps" / "mine.bin"


def test_a_file_of_another_kind_is_refused(tmp_path):
    picker = DumpPicker(tmp_path / "dumps")
    picker.add("letter.doc", b"dear")
    assert "letter.doc is no firmware file." in words(picker)
    assert not (tmp_path / "dumps" / "letter.doc").exists()


def test_what_was_chosen_stays_chosen_when_it_looks_again(tmp_path):
    picker = DumpPicker(tmp_path / "dumps")
    picker._choice.value = tmp_path / "dumps" / "sample-pow-r2-too-short.bin"
    picker.refresh()
    assert picker.picked().name == "sample-pow-r2-too-short.bin"


def test_where_nothing_can_be_had_that_is_said(tmp_path):
    (tmp_path / "dumps").write_text("a file, where a folder should be")
    picker = DumpPicker(tmp_path / "dumps")
    assert "There is nothing to look at yet." in words(picker)
    with pytest.raises(DumpUnreadable, match="There is no backup in"):
        picker.picked()


def test_a_sample_that_somebody_changed_stays_as_it_is(tmp_path):
    folder = tmp_path / "dumps"
    folder.mkdir()
    (folder / "sample-basic.bin").write_bytes(b"mine")
    DumpPicker(folder)
    assert (folder / "sample-basic.bin").read_bytes() == b"mine"


# What the samples are for


def test_the_samples_are_a_new_device_one_saved_too_short_and_one_flashed_without_erasing():
    reports = {name: inspect_dump(data, name) for name, data in sample_dumps().items()}
    new, short, flashed = (
        reports[f"sample-{name}.bin"] for name in ("basic", "pow-r2-too-short", "flashed-without-erase")
    )
    assert (new.layout.kind.value, new.notices) == ("a whole flash", ())
    assert short.layout.kind.value == "an incomplete flash"
    assert "Missing is 3 MB" in short.notices[0]
    assert flashed.firmware.name != new.firmware.name
    assert flashed.secrets == new.secrets  # all of the old owner's
    rest = len(lesson_images()["practice-hello.bin"])
    assert flashed.data[rest:] == new.data[rest:]  # and most of the old program


# The report


def test_the_view_tells_facts_and_every_region(report):
    said = words(ReportView(report))
    assert "mine.bin" in said
    assert "a whole flash" in said
    assert "ITA-GZ1-GL (Sonoff Basic R1)" in said
    for region in report.layout.regions:
        assert f"{region.start:#x} {region.end:#x} {region.name}" in said


def test_what_is_wrong_with_a_dump_is_a_card_of_its_own():
    said = words(ReportView(inspect_dump(sample_dumps()["sample-pow-r2-too-short.bin"], "short.bin")))
    assert "Mind this Incomplete: the header says that the flash has 4 MB, and this file has 1 MB." in said


def test_a_name_from_a_file_or_a_dump_is_no_html():
    view = ReportView(inspect_dump(DUMP, "<script>alert(1)</script>.bin"))
    assert "<script>" not in "".join(one.value for one in view.children if isinstance(one, ipywidgets.HTML))


@pytest.mark.parametrize("data", [b"", b"\xe9", b"\xff" * 5000, bytes(4096)])
def test_any_file_has_a_view(data):
    assert "odd.bin" in words(ReportView(inspect_dump(data, "odd.bin")))
    assert "None found" in words(SecretsView(inspect_dump(data, "odd.bin")))


def test_each_cell_of_a_table_has_its_columns_name_for_where_there_is_no_head(report):
    table = "".join(one.value for one in ReportView(report).children if isinstance(one, ipywidgets.HTML))
    assert '<td class="at" data-label="from">0x0</td><td class="at" data-label="to">0x1000</td>' in table
    assert f'<td data-label="value">{NETWORK.ssid}</td>' in SecretsView(report)._table.told


# The secrets


def test_secrets_are_masked_until_they_are_asked_for(report):
    view = SecretsView(report)
    assert NETWORK.ssid in words(view)  # the owner's own network: shown
    assert NETWORK.password not in words(view)
    view._button.click()
    assert NETWORK.password in words(view)
    assert NETWORK.pmk.hex() in words(view)
    view._button.click()
    assert NETWORK.password not in words(view)


def test_each_secret_is_told_once_with_its_copies(report):
    said = words(SecretsView(report))
    assert said.count(NETWORK.ssid) == 1
    assert "settings A, SSID (0x78000)" in said
    assert "and 2 more" in said


def test_what_is_shown_is_told_and_never_a_state_that_is_saved(report):
    view = SecretsView(report)
    sent = []
    view._table.send = lambda content, buffers=None: sent.append(content["html"])
    view._button.click()
    assert NETWORK.password in sent[-1]
    state = "".join(str(one.get_state()) for one in (view, *view.children)) + repr(view._table)
    assert NETWORK.password not in state
    assert NETWORK.ssid in state
    view._table._handle_custom_msg({"type": "ready"}, [])  # a second view of the same
    assert NETWORK.password in sent[-1]
    view._button.click()
    view._table._handle_custom_msg({"type": "ready"}, [])
    assert NETWORK.password not in "".join(sent[-2:])
