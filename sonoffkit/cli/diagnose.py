"""``diagnose``: what an error means, from a file or a paste."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import BinaryIO

import click

from .plain import plain_errors, wrote

__all__ = ["diagnose"]

MOST = 64 << 20  # bytes; more than any terminal keeps


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Print the diagnoses as JSON.")
@click.option(
    "--bundle",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT",
    help="Write a text that can be sent to somebody who helps: versions, ports, this text, all masked.",
)
@click.option("--language", default="en", show_default=True, help="As 'de', where somebody has translated the words.")
def diagnose(file: BinaryIO, as_json: bool, bundle: Path | None, language: str) -> None:
    """Say what an error means, what to try in which order, and what is safe.

    FILE is a log, or any text with the error in it; without it, or for '-',
    what you paste. It may be the whole terminal, of any version of esptool, in
    any language. The status is 0 where something was recognised, else 1.
    """
    from ..diagnosis import diagnose as diagnoses_of
    from ..diagnosis import listing, unknown_text_help
    from ..ports import find_ports
    from ..support import save_support

    with plain_errors():
        text = _read(file)
        ports = find_ports()
        found = diagnoses_of(text, ports=ports, language=language)
        if as_json:
            click.echo(json.dumps([dataclasses.asdict(diagnosis) for diagnosis in found], indent=1))
        else:
            click.echo(listing(found) if found else unknown_text_help())
        if bundle:
            wrote(save_support(bundle, text, ports=ports, language=language))
    if not found:
        raise click.exceptions.Exit(1)


def _read(file: BinaryIO) -> bytes:
    if file.isatty():
        end = "Ctrl-Z and Enter" if sys.platform == "win32" else "Ctrl-D on a line of its own"
        click.echo(f"Paste the error, all of it; then press {end}.", err=True)
    text = file.read(MOST + 1)
    if len(text) > MOST:
        click.echo(f"Only the first {MOST >> 20} MB were read.", err=True)
    return text[:MOST]
