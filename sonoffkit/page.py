"""A report as one self-contained HTML page: for a browser, for a colleague, without a network."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Iterator
from pathlib import Path

from .figures import Picture, entropy, overview
from .firmware.formats import FirmwareImage, Segment
from .firmware.secrets import grouped
from .palette import REGIONS
from .report import Report

__all__ = ["report_page", "save_page"]

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 1080px; margin: 2em auto;
  padding: 0 1.2em; }
h1 { font-size: 1.6em; margin: 0; } h2 { font-size: 1.2em; margin: 2em 0 .4em; }
.lead { font-size: 1.1em; color: #444; margin: .2em 0 1em; }
.note { border-left: 5px solid #b06f00; background: #fbf3e2; padding: .5em 1em; margin: .6em 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
table + table { margin-top: 1.4em; }
th, td { text-align: left; vertical-align: top; padding: .25em .9em .25em 0; border-bottom: 1px solid #e4e4e4; }
th { color: #555; font-weight: 600; }
td.at { font-family: ui-monospace, monospace; white-space: nowrap; }
td:first-child { white-space: nowrap; }
.swatch { display: inline-block; width: .9em; height: .9em; border: 1px solid #777; margin-right: .5em;
  vertical-align: -.1em; }
img { max-width: 100%; height: auto; }
footer { margin: 3em 0 1em; color: #666; font-size: .9em; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""


def report_page(report: Report) -> str:
    """The page as text. Secrets, MACs and device ids are masked in it, and it loads nothing from anywhere."""
    name = report.exported_name
    firmware = report.firmware
    lead = f"{report.layout.kind.value}: {firmware.name}".strip()
    parts = (
        f"<h1>{_text(name)}</h1>\n<p class=lead>{_text(lead[0].upper() + lead[1:])} ({firmware.confidence.value})</p>",
        *(f"<p class=note>{_text(notice)}</p>" for notice in report.notices),
        _section("In short", _table(("", ""), (tuple(map(_text, row)) for row in report.facts()))),
        _section("On one page", _image(overview(report, exported=True))),
        _section("What lies where", _table(("from", "to", "size", "region", "what was found"), _regions(report))),
        _section("How dense it is", _image(entropy(report, exported=True))),
        _section("Which firmware, and why", _list(str(evidence) for evidence in firmware.evidence)),
        *(_section(f"The image at {image.at:#x}", _image_tables(image)) for image in report.layout.images),
        _section("Whose secrets", _secrets(report)),
    )
    footer = "Made by sonoffkit. Passwords, keys, names and addresses are masked here; the dump itself holds them."
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n<title>{_text(name)}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{STYLE}</style></head>\n<body>\n'
        + "\n".join(parts)
        + f"\n<footer>{footer}</footer>\n</body></html>\n"
    )


def save_page(report: Report, path: Path | str) -> Path:
    """Write the page to a file."""
    path = Path(path)
    path.write_text(report_page(report), encoding="utf-8", newline="\n")
    return path


def _text(words: object) -> str:
    return html.escape(str(words))


def _section(heading: str, body: str) -> str:
    return f"<h2>{_text(heading)}</h2>\n<div class=scroll>{body}</div>"


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """Cells are HTML already; a cell that begins with 0x is an address."""
    names = "".join(f"<th>{_text(name)}</th>" for name in head)
    head_row = f"<thead><tr>{names}</tr></thead>" if any(head) else ""
    return f"<table>{head_row}<tbody>{''.join(map(_row, rows))}</tbody></table>"


def _row(cells: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f"<td{' class=at' if c.startswith('0x') else ''}>{c}</td>" for c in cells) + "</tr>"


def _list(items: Iterable[str]) -> str:
    found = "".join(f"<li>{_text(item)}</li>" for item in items)
    return f"<ul>{found}</ul>" if found else "<p>Nothing here tells.</p>"


def _image(picture: Picture) -> str:
    data = base64.b64encode(picture.png()).decode("ascii")
    return f'<img alt="{_text(picture.alt)}" src="data:image/png;base64,{data}">'


def _regions(report: Report) -> Iterator[tuple[str, ...]]:
    for region in report.layout.regions:
        swatch = f'<span class=swatch style="background:{REGIONS[region.kind.value]}"></span>'
        yield (
            f"{region.start:#x}",
            f"{region.end:#x}",
            _count(region.size),
            swatch + _text(region.name),
            _text(region.note),
        )


def _image_tables(image: FirmwareImage) -> str:
    segments = ((f"{s.at:#x}", _count(s.size), f"{s.address:#x}", _memory(s)) for s in image.segments)
    checks = ((_text(c.name), f"{c.at:#x}", c.stored, c.computed, _verdict(c.holds, c.note)) for c in image.checks)
    problem = f"<p class=note>{_text(image.problem)}</p>" if image.problem else ""
    return (
        problem
        + _table(("segment at", "bytes", "loaded to", "memory"), segments)
        + _table(("check", "stored at", "stored", "computed", "verdict"), checks)
    )


def _memory(segment: Segment) -> str:
    return segment.kind + ("" if segment.listed else ", not in a header")


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")  # in a narrow window, too, it is one number


def _verdict(holds: bool, note: str) -> str:
    return _text(("holds" if holds else "does not hold") + (f"; {note}" if note else ""))


def _secrets(report: Report) -> str:
    rows = (
        (_text(g.kind.value), _text(g.text(exported=True)), _text(g.places), _text(g.proof))
        for g in grouped(report.secrets)
    )
    if not report.secrets:
        return "<p>None found. That proves nothing where the firmware is not known.</p>"
    return _table(("what", "value", "where", "how that is known"), rows)
