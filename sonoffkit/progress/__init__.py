"""What a learner has done: written down on this machine alone, told in the notebooks, and theirs to take away.

::

    steps ─► journal ─► noting       a finished job becomes an entry
                  └───► standing     what is done, what comes next: a notebook's top
                  └───► record ─► page      one A4 page, with its data in it
                          │  └──► class_table    a folder of those becomes one table
                          └─────► take_home ─► wipe

No server, and nothing leaves the machine by itself: a record is a file that
the learner saves and hands in.
"""

from __future__ import annotations

from .class_table import ClassTable, read_class
from .journal import Journal, change_journal, damaged_journals, journal_file, read_journal
from .noting import note_done, note_fault, note_hunted, note_inspected, note_port
from .page import record_page, save_record
from .record import Record, make_record, read_record
from .standing import Standing, stand
from .steps import STEPS, Step
from .take_home import Packed, take_home
from .wipe import Wiped, wipe

__all__ = [
    "STEPS",
    "ClassTable",
    "Journal",
    "Packed",
    "Record",
    "Standing",
    "Step",
    "Wiped",
    "change_journal",
    "damaged_journals",
    "journal_file",
    "make_record",
    "note_done",
    "note_fault",
    "note_hunted",
    "note_inspected",
    "note_port",
    "read_class",
    "read_journal",
    "read_record",
    "record_page",
    "save_record",
    "stand",
    "take_home",
    "wipe",
]
