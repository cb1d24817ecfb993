"""A class in one table: a folder of records, each learner's newest, and what could not be read and why."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .entries import clean, moment
from .page import date_text
from .record import DeviceRecord, NotARecord, Record, read_record

__all__ = ["CLASS_PAGE", "ClassTable", "read_class"]

CLASS_PAGE = '<meta name="generator" content="sonoffkit class">'
COLUMNS = (
    "Learner", "Sticker", "Device", "Hello", "Backup", "Backup's SHA-256", "Erased", "Written", "Firmware's SHA-256",
    "Dumps", "Faults solved", "Faults", "Record of", "File",
)  # fmt: skip
# A page has less room than a spreadsheet: some columns stand below others.
IN_PAGE = {
    "Learner": "", "Sticker": "", "Device": "", "Backup": "Backup's SHA-256", "Erased": "",
    "Written": "Firmware's SHA-256", "Dumps": "", "Faults solved": "Faults", "Record of": "File",
}  # fmt: skip
IN_TERMINAL = ("Learner", "Sticker", "Device", "Backup", "Backup's SHA-256", "Erased", "Written", "Faults solved")
NOT_HANDED_IN = ("thumbs.db", "desktop.ini")  # what systems put into folders by themselves
MOST_TOLD = 30  # lines in a terminal: it may be the wrong folder
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")
STYLE = """
:root { color-scheme: light dark; }
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; } h1 { font-size: 1.5em; } h2 { font-size: 1.1em; }
table { border-collapse: collapse; } .scroll { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .35em 1em .35em 0; border-bottom: 1px solid #8886; }
th { white-space: nowrap; } td { min-width: 4em; overflow-wrap: break-word; } td.date { min-width: 10em; }
code { display: inline-block; width: 17em; font-size: .8em; overflow-wrap: anywhere; } li { overflow-wrap: anywhere; }
@page { size: A4 landscape; margin: 10mm; } @media print { body { margin: 0; font-size: 8pt; } }
"""
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
Row = dict[str, str]
Same = tuple[str, str, bool]


@dataclass(frozen=True)
class ClassTable:
    """``rows`` by the names in COLUMNS, a device of a learner each; ``refused`` and ``notes`` are sentences."""

    rows: tuple[Row, ...]
    learners: int
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def text(self) -> str:
        """For a terminal."""
        return "\n".join([self.summary, "", *_aligned(self.rows), *_told(self)]) if self.rows else self._nothing()

    def csv(self) -> str:
        """For a spreadsheet, in which no cell is taken for a formula."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows([_no_formula(row[name]) for name in COLUMNS] for row in self.rows)
        return out.getvalue()

    def html(self) -> str:
        """For a browser: one page that loads nothing."""
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in IN_PAGE)
        body = "\n".join(
            f"<tr>{''.join(_cell(row[name], row.get(below, ''), below) for name, below in IN_PAGE.items())}</tr>"
            for row in self.rows
        )
        told = "".join(
            f"<h2>{heading}</h2><ul>{''.join(f'<li>{html.escape(line)}</li>' for line in lines)}</ul>"
            for heading, lines in (("Mind", self.notes), ("Not counted", self.refused))
            if lines
        )
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{CLASS_PAGE}\n'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            f"<title>The class</title><style>{STYLE}</style></head>\n<body><h1>The class</h1>\n"
            f"<p>{html.escape(self.summary)}</p>\n"
            f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>\n'
            f"{told}</body></html>\n"
        )

    @property
    def summary(self) -> str:
        devices = sum(bool(row["Device"]) for row in self.rows)
        backed_up = sum(bool(row["Backup"]) for row in self.rows)
        return f"{_count(self.learners, 'learner')}, {_count(devices, 'device')}, {backed_up} of them backed up."

    def _nothing(self) -> str:
        return "\n".join(["There is no record in it.", *_told(self)])


def read_class(folder: Path | str, but_not: Iterable[Path | None] = ()) -> ClassTable:
    """All records in a folder and below it; ``but_not`` are files that we write ourselves. Raises OSError."""
    found: list[tuple[str, Record]] = []
    refused = []
    own = {path.resolve() for path in but_not if path}
    for path in _files(Path(folder)):
        name = clean(path.relative_to(folder).as_posix())
        if path.resolve() in own:
            continue
        try:
            found.append((name, _record_in(path)))
        except NotARecord as why:
            refused.append(f"{name}: {why}.")
        except OSError as why:
            refused.append(f"{name}: it cannot be read ({why.strerror or why}).")
    kept, notes = _newest_of_each(found)
    rows, more_notes = _newest_devices(kept)
    return ClassTable(tuple(rows), len({row["File"] for row in rows}), tuple(refused), (*notes, *more_notes))


def _files(folder: Path) -> list[Path]:
    """All that was handed in; hidden files, and what lies in hidden folders, were not."""
    next(folder.iterdir(), None)  # a folder that is none, or denied, is no empty one
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name.lower() not in NOT_HANDED_IN)
    return sorted(path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _record_in(path: Path) -> Record:
    ending = path.suffix.lower()
    if ending in (".zip", ".bin"):
        raise NotARecord("it may hold a learner's backup, with their Wi-Fi password; ask for the record, an HTML file")
    if ending not in (".html", ".htm"):
        raise NotARecord("a record is an HTML file")
    try:
        return read_record(path)
    except NotARecord:
        with path.open("rb") as file:
            if CLASS_PAGE.encode() in file.read(1000):
                raise NotARecord("it is a table that this command wrote") from None
        raise


def _newest_of_each(found: list[tuple[str, Record]]) -> tuple[list[tuple[str, Record]], list[str]]:
    """Of records with the same key, the one saved last; and sentences about those that do not count."""
    kept: dict[str, tuple[str, Record]] = {}
    notes = []
    for name, record in sorted(found, key=lambda one: (moment(one[1].saved), one[0])):
        older = kept.pop(record.key, None) if record.key else None
        if older:
            who = record.learner or "one learner"
            notes.append(f"{older[0]} and {name} are both of {who}: the newer one, {name}, counts.")
        kept[record.key or name] = (name, record)
    return sorted(kept.values(), key=lambda one: (one[1].learner.casefold() or "\uffff", one[0])), notes


def _newest_devices(kept: list[tuple[str, Record]]) -> tuple[list[Row], list[str]]:
    """A row for each device; of one learner's device with one sticker on two laptops, the newer record's."""
    newest = _by_sticker(kept)
    rows, notes = [], []
    for name, record in kept:
        if not record.devices:
            rows.append(_row(name, record, None))
        for device in record.devices:
            newer = newest.get(_same(record, device), name)
            if newer == name:
                rows.append(_row(name, record, device))
            else:
                who = f"{record.learner} and sticker {device.sticker}"
                notes.append(f"{name} and {newer} are both of {who}: the newer one, {newer}, counts.")
    return rows, notes


def _by_sticker(kept: list[tuple[str, Record]]) -> dict[Same, str]:
    """Which file is the newest of each learner and sticker; without both, nothing tells that two are the same."""
    newest: dict[Same, str] = {}
    for name, record in sorted(kept, key=lambda one: moment(one[1].saved)):
        same = [_same(record, device) for device in record.devices if record.learner and device.sticker]
        newest |= dict.fromkeys(same, name)
    return newest


def _same(record: Record, device: DeviceRecord) -> Same:
    return record.learner.casefold(), device.sticker.casefold(), device.practice


def _row(name: str, record: Record, device: DeviceRecord | None) -> Row:
    solved = sum(bool(fault.solved) for fault in record.faults)
    row = dict.fromkeys(COLUMNS, "") | {
        "Learner": record.learner or "(no name)",
        "Dumps": ", ".join(dict.fromkeys(one.firmware or "unknown" for one in record.looked)),
        "Faults": "; ".join(f"{one.title} ({'solved' if one.solved else 'not solved'})" for one in record.faults),
        "Faults solved": f"{solved} of {len(record.faults)}" if record.faults else "",
        "Record of": date_text(record.saved),
        "File": name,
    }
    return row | (_device_cells(device) if device else {})


def _device_cells(device: DeviceRecord) -> Row:
    backup = device.original or next(iter(device.backups), None)
    written = ["the backup" if one.restored else one.name for one in device.written]
    firmware = next((one.sha256 for one in reversed(device.written) if not one.restored), "")
    return {
        "Sticker": device.sticker,
        "Device": f"{device.chip}, {device.size_text}{', practice' if device.practice else ''}",
        "Hello": date_text(device.hello),
        "Backup": date_text(backup.when) if backup else "",
        "Backup's SHA-256": backup.sha256 if backup else "",
        "Erased": date_text(device.erased),
        "Written": ", then ".join(written),
        "Firmware's SHA-256": firmware,
    }


def _aligned(rows: tuple[Row, ...]) -> Iterator[str]:
    """The columns that fit into a terminal, a SHA-256 by its first eight characters."""
    short = [{name: _short(name, row[name]) for name in IN_TERMINAL} for row in rows]
    table = [dict(zip(IN_TERMINAL, IN_TERMINAL, strict=True)), *short]
    table[0]["Backup's SHA-256"] = "SHA-256"
    widths = {name: max(len(row[name]) for row in table) for name in IN_TERMINAL}
    for row in table:
        yield "  ".join(f"{row[name]:{widths[name]}}" for name in IN_TERMINAL).rstrip()


def _short(name: str, value: str) -> str:
    if not value:
        return "–"
    if name == "Backup's SHA-256":
        return f"{value[:8]}…"
    return value if len(value) <= 30 else f"{value[:29]}…"


def _told(table: ClassTable) -> Iterator[str]:
    for heading, lines in (("Mind:", table.notes), ("Not counted:", table.refused)):
        if lines:
            yield from ("", heading, *(f"  {line}" for line in lines[:MOST_TOLD]))
            if len(lines) > MOST_TOLD:
                yield f"  and {len(lines) - MOST_TOLD} more"


def _no_formula(cell: str) -> str:
    """A spreadsheet takes what begins so for a formula, and runs it."""
    return f"'{cell}" if cell.lstrip().startswith(FORMULA) else cell


def _cell(value: str, small: str, name: str) -> str:
    """A cell, and what stands below it."""
    kind = "code" if name.endswith("SHA-256") else "small"
    more = f"<br><{kind}>{html.escape(small)}</{kind}>" if small else ""
    return f"<td{' class=date' if DATE.fullmatch(value) else ''}>{html.escape(value)}{more}</td>"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
