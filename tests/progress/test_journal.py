"""The journal on disk: whole or not there, one writer at a time, and never a reason to lose what was there."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.progress import Journal, change_journal, damaged_journals, journal_file, read_journal
from sonoffkit.progress.entries import LONGEST, clean, moment


def test_where_nothing_was_done_it_is_empty_and_no_file_is_made(home):
    assert read_journal() == Journal()
    assert not home.exists()


def test_what_is_written_is_read_again():
    after = change_journal(lambda journal: journal.with_done("hello", "aa", {"a": "b"}).with_fault("F", "P", "flash"))
    assert read_journal() == after
    assert (after.done[0].what, after.faults[0].title, len(after.key)) == ("hello", "F", 8)


def test_its_key_stays_the_same():
    first = change_journal(lambda journal: journal.with_done("port"))
    assert change_journal(lambda journal: journal.with_done("inspect")).key == first.key


def test_what_is_done_again_is_counted_and_not_listed_again():
    for _ in range(3):
        change_journal(lambda journal: journal.with_done("hello", "aa"))
    (done,) = read_journal().done
    assert (done.times, moment(done.first) <= moment(done.last)) == (3, True)


def test_a_fault_is_solved_by_the_same_operation_on_the_same_port_only():
    journal = Journal().with_fault("No file", "A", "flash")
    assert [journal.with_success(*on).faults[0].solved == "" for on in (("B", "flash"), ("A", "erase"))] == [True, True]
    assert journal.with_success("A", "flash").faults[0].solved


def test_a_device_that_did_not_answer_is_solved_by_whatever_goes_well_on_its_port():
    journal = Journal().with_fault("Silence", "A", "")
    assert not journal.with_success("B", "identify").faults[0].solved
    assert journal.with_success("A", "identify").faults[0].solved


def test_a_fault_that_comes_back_is_not_solved_any_more():
    journal = Journal().with_fault("Silence", "A", "").with_success("A", "identify").with_fault("Silence", "A", "")
    (fault,) = journal.faults
    assert (fault.times, fault.solved) == (2, "")


DAMAGED = {
    "empty": b"",
    "half": b'{"sonoffkit progress": 1, "key": "ab',
    "no text": b"\xff\xfe\x00\x80",
    "another thing": b"[1, 2]",
    "a newer version": b'{"sonoffkit progress": 2}',
    "deep": b"[" * 100_000,
    "an entry of another kind": json.dumps(
        {"sonoffkit progress": 1} | asdict(Journal()) | {"devices": [{"mac": 1}]}
    ).encode(),
    "no time": json.dumps(
        Journal().with_done("port").to_json() | {"faults": [dict.fromkeys(("title", "port", "operation"), "x")]}
    ).encode(),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_kept_beside_and_a_new_one_is_begun(home, data):
    home.mkdir()
    journal_file().write_bytes(data)
    assert read_journal() == Journal()
    assert journal_file().read_bytes() == data  # looking changes nothing
    change_journal(lambda journal: journal.with_done("port"))
    assert [path.read_bytes() for path in damaged_journals()] == [data]
    assert [done.what for done in read_journal().done] == ["port"]


def test_two_damaged_files_are_both_kept(home):
    home.mkdir()
    for n in range(2):
        journal_file().write_text(f"damaged {n}")
        change_journal(lambda journal: journal.with_done("port"))
    assert [path.read_text() for path in damaged_journals()] == ["damaged 0", "damaged 1"]


def test_a_kernel_that_was_killed_while_writing_leaves_the_old_one_and_no_trouble(home):
    before = change_journal(lambda journal: journal.with_done("port"))
    journal_file().with_suffix(".new").write_text('{"half')
    assert read_journal() == before
    assert change_journal(lambda journal: journal.with_done("hello")).done[0] == before.done[0]


def test_two_notebooks_at_once_lose_nothing(home):
    code = (
        "import sys\nfrom sonoffkit.progress.journal import change_journal\n"
        "for n in range(15):\n    change_journal(lambda j: j.with_done('hello', f'{sys.argv[1]}-{n}'))"
    )
    programs = [subprocess.Popen([sys.executable, "-c", code, name]) for name in ("one", "two")]
    assert [program.wait() for program in programs] == [0, 0]
    assert len(read_journal().done) == 30


@given(st.text())
def test_a_clean_text_is_one_line_that_can_be_seen_and_stays_as_it_is(text):
    cleaned = clean(text)
    assert cleaned.isprintable()
    assert len(cleaned) <= LONGEST
    assert clean(cleaned) == cleaned


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each))
)
def test_any_json_is_a_journal_or_refused(saved):
    if isinstance(saved, dict):
        saved["sonoffkit progress"] = 1
    with pytest.raises(ValueError, match=r"it is no progress|its entries"):
        Journal.from_json(saved)
