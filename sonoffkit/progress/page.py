"""The record as one HTML page: it prints on one A4 sheet, asks nothing of a network, and carries its own data."""

from __future__ import annotations

import datetime
import html
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import BackupError
from ..paths import replace_patiently
from .entries import moment
from .record import TAG, DeviceRecord, FaultMet, NotARecord, Record, Written, read_record

__all__ = ["date_text", "is_all_done", "record_file_name", "record_page", "record_rows", "save_record"]

MOST_DEVICES = 3  # so many fit on one sheet, with all that belongs to them
MOST_LINES = 2  # of what was written to one of them
MOST_FAULTS = 7
STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --quiet: #575757; --line: #d4d4d4; --paper: #fff; --mark: #1b7f3b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --quiet: #b0b0b0; --line: #4a4a4a; --paper: #161616; --mark: #6fcf8a; } }
@page { size: A4; margin: 14mm 16mm; }
* { box-sizing: border-box; }
body { font: 10.5pt/1.36 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 178mm; margin: 1.5em auto; padding: 0 1em; }
h1 { font-size: 1.7em; line-height: 1.15; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.08em; margin: 1.1em 0 .25em; padding-bottom: .15em; border-bottom: 2px solid var(--ink); }
p { margin: .15em 0; } .quiet { color: var(--quiet); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2em .8em .2em 0; border-bottom: 1px solid var(--line);
  font-weight: normal; }
th { width: 9.5em; color: var(--quiet); }
td { overflow-wrap: anywhere; } td.when { width: 8.6em; white-space: nowrap; padding-right: 0; text-align: right; }
tr:has(+ .sha) td { border-bottom: 0; padding-bottom: 0; } .sha td { padding: 0 0 .25em; }
code { font: .8em/1.3 ui-monospace, Menlo, Consolas, monospace; }
.sign { color: var(--mark); font-weight: bold; }
footer { margin-top: 1.2em; font-size: .84em; color: var(--quiet); }
@media print { :root { color-scheme: light; --ink: #000; --quiet: #444; --line: #bbb; --paper: #fff; --mark: #000; }
  body { margin: 0; padding: 0; max-width: none; font-size: 9pt; line-height: 1.25; }
  h1 { font-size: 1.5em; } h2 { margin-top: .8em; } th, td { padding-top: .14em; padding-bottom: .14em; }
  section { break-inside: avoid; } footer { margin-top: .8em; } }
"""
# What the page may load: nothing, not even by mistake.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
Row = tuple[str, str, str, str]  # what, the words as HTML, when, and a SHA-256 where there is one


def record_page(record: Record) -> str:
    """The page as text."""
    title = record.learner or "A learner of the course"
    more = record.devices[MOST_DEVICES:]
    sections = [
        *(_section(_device_name(device), _rows_of(device)) for device in record.devices[:MOST_DEVICES]),
        _section("Dumps inspected", list(_looked(record))) if record.looked else "",
        _section("Faults met", list(_faults(record.faults))) if record.faults else "",
    ]
    if not record.devices:
        sections.insert(0, "<p>No device has answered yet.</p>")
    if more:
        sections.append(f'<p class="quiet">And {_count(len(more), "more device")}; the data in this file has them.</p>')
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>sonoffkit record: {_text(title)}</title>\n"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{STYLE}</style></head>\n<body>\n'
        f"<h1>{_text(title)}</h1>\n"
        f'<p class="quiet">What was done with sonoffkit, as of {date_text(record.saved)}</p>\n'
        + "\n".join(filter(None, sections))
        + f"\n<footer>{FOOTER} Record {_text(record.key)}.</footer>\n{_data(record)}\n</body></html>\n"
    )


FOOTER = (
    "Made by sonoffkit on the learner's own machine; saving it sent nothing. It holds no password, and no MAC address: "
    "the number on the sticker tells which device it was. A SHA-256 tells whether a file is the very same."
)


def record_file_name(record: Record) -> str:
    """A name that differs from those of the rest of the class."""
    stickers = [device.sticker for device in record.devices if device.sticker][:1]
    parts = ["sonoffkit-record", *map(_slug, [record.learner, *stickers]), record.key]
    return "_".join(filter(None, parts)) + ".html"


def save_record(record: Record, folder: Path | str = ".") -> Path:
    """Save the page in a folder, in place of this learner's earlier one; no other file is ever overwritten."""
    folder = Path(folder).expanduser()
    path = _free(folder / record_file_name(record), record.key)
    part = path.with_name(f"{path.name}.new")
    try:
        part.write_text(record_page(record), encoding="utf-8", newline="\n")
        replace_patiently(part, path)
    except OSError as exc:
        why = exc.strerror or str(exc)
        hint = "Choose another folder. Your progress is kept, and nothing was overwritten."
        raise BackupError(f"The record cannot be written to {folder}. ({why})", hint) from exc
    return path


def _free(path: Path, key: str) -> Path:
    """That path, or the first like it that is free or holds this learner's earlier record."""
    for n in range(1, 1000):
        candidate = path.with_stem(f"{path.stem}-{n}") if n > 1 else path
        if not candidate.exists() or _is_of(candidate, key):
            return candidate
    raise BackupError(f"There are a thousand files like {path.name} already.", "Choose another folder.")


def _is_of(path: Path, key: str) -> bool:
    try:
        return read_record(path).key == key
    except (NotARecord, OSError):
        return False


def record_rows(record: Record) -> list[tuple[str, str]]:
    """The record in short, for a card in a notebook: names and values, not escaped, in the course's own order."""
    looked = [("Inspected", f"✓ {_untagged(words)}, {when}") for _, words, when, _ in _looked(record)]
    rows = []
    for device in record.devices[:MOST_DEVICES]:
        of_device = [_in_short(row) for row in _rows_of(device)]
        if len(record.devices) == 1:  # with more of them, nobody knows whose dump it was
            of_device[2:2], looked = looked, []
        rows += [("Device", _device_name(device)), *of_device]
    rows += looked
    rows += [
        ("Fault", f"{'✓' if solved else '○'} {title}: {'solved' if solved else 'not solved yet'}, {when}")
        for title, solved, when in _fault_words(record.faults)
    ]
    return rows


def is_all_done(record: Record) -> bool:
    """Whether each device is backed up, and each fault solved."""
    return all(device.backups for device in record.devices) and all(fault.solved for fault in record.faults)


def _in_short(row: Row) -> tuple[str, str]:
    what, words, when, sha256 = row
    parts = (_untagged(words), when, f"SHA-256 {sha256}" if sha256 else "")
    return what, ", ".join(filter(None, parts))


def _rows_of(device: DeviceRecord) -> list[Row]:
    original = device.original or next(iter(device.backups), None)
    rows: list[Row] = [("Said hello", _yes(f"{device.chip}, {device.size_text} of flash"), date_text(device.hello), "")]
    if original:
        more = len(device.backups) - 1
        words = "the whole flash, verified by the device itself" + (", blank" if original.blank else "")
        if more:
            words += f"; {_count(more, 'more backup')}"
        rows.append(("Backed up", _yes(words), date_text(original.when), original.sha256))
    else:
        rows.append(("Backed up", "○ not yet", "", ""))
    if device.erased:
        rows.append(("Erased", _yes("every byte FF, checked"), date_text(device.erased), ""))
    rows += [_written(one, device) for one in device.written[-MOST_LINES:]]
    return rows


def _written(one: Written, device: DeviceRecord) -> Row:
    """A firmware by its name and digest, a backup by its date where it stands above."""
    if not one.restored:
        return "Flashed", _yes(one.name), date_text(one.when), one.sha256
    same = next((backup for backup in device.backups if backup.sha256 == one.sha256), None)
    which = f"the backup of {date_text(same.when)}" if same else "a backup"
    return "Restored", _yes(f"{which}, every byte as it was"), date_text(one.when), "" if same else one.sha256


def _looked(record: Record) -> Iterator[Row]:
    """One line for each firmware that was found."""
    for firmware in list(dict.fromkeys(one.firmware for one in record.looked))[:MOST_LINES]:
        last = max((one.when for one in record.looked if one.firmware == firmware), key=moment)
        yield "Firmware in it", _text(firmware or "unknown"), date_text(last), ""


def _faults(faults: tuple[FaultMet, ...]) -> Iterator[Row]:
    for title, solved, when in _fault_words(faults):
        yield _yes("solved") if solved else "○ not solved yet", _text(title), when, ""
    if len(faults) > MOST_FAULTS:
        yield "", f"and {len(faults) - MOST_FAULTS} more", "", ""


def _fault_words(faults: tuple[FaultMet, ...]) -> Iterator[tuple[str, bool, str]]:
    """What it was, whether it was solved, and when; when it was met, if not."""
    for fault in faults[:MOST_FAULTS]:
        often = "" if fault.times == 1 else f" ({fault.times} times)"
        yield f"{fault.title}{often}", bool(fault.solved), date_text(fault.solved or fault.first)


def _device_name(device: DeviceRecord) -> str:
    kind = "Practice Sonoff" if device.practice else "Sonoff"
    return f"{kind}, sticker {device.sticker}" if device.sticker else f"{kind}, no sticker"


def _section(heading: str, rows: Iterable[Row]) -> str:
    body = "".join(map(_row, rows))
    return f"<section><h2>{_text(heading)}</h2>\n<table>\n{body}</table></section>"


def _row(row: Row) -> str:
    what, words, when, sha256 = row
    span = " rowspan=2" if sha256 else ""
    more = f'<tr class="sha"><td colspan=2><code>SHA-256 {_text(sha256)}</code></td></tr>' if sha256 else ""
    return f'<tr><th scope="row"{span}>{what}</th><td>{words}</td><td class="when">{when}</td></tr>{more}\n'


def _data(record: Record) -> str:
    """The same as JSON, in which nothing can end the element or begin another."""
    text = json.dumps(record.to_json(), ensure_ascii=True)
    safe = re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text)
    return f"{TAG}{safe}</script>"


def date_text(when: str) -> str:
    """A moment as a person reads it, in the time of the place where it was."""
    return f"{datetime.datetime.fromisoformat(when):%Y-%m-%d %H:%M}" if when else ""


def _yes(words: str) -> str:
    return f'<span class="sign">✓</span> {_text(words)}'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _untagged(words: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "", words))


def _text(words: object) -> str:
    return html.escape(str(words))


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text).strip("-_")[:40]
