"""``bundle``: all that a classroom without network needs, in one folder."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .plain import plain_errors

__all__ = ["bundle"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--platform", "platforms", multiple=True, metavar="NAME",
              help="windows, windows-arm, macos, macos-intel, linux or linux-arm; may be repeated. "
                   "This computer's, unless given.")  # fmt: skip
@click.option("--python", "pythons", multiple=True, metavar="3.N",
              help="A Python of the class, as 3.12; may be repeated. This one's, unless given.")  # fmt: skip
@click.option("--check", is_flag=True, help="Only compare the files of a bundle with their checksums.")
def bundle(folder: Path, platforms: tuple[str, ...], pythons: tuple[str, ...], check: bool) -> None:
    """Gather what a classroom without network needs.

    DIR gets all packages, the notebooks, a start script for each system and
    a README; learners need that folder and Python. Gathering needs the
    network, starting does not. An earlier bundle in DIR is brought up to
    date; a folder with anything else in it is refused.
    """
    with plain_errors():
        if check:
            _check(folder)
        else:
            _gather(folder, platforms, pythons)


def _gather(folder: Path, platforms: tuple[str, ...], pythons: tuple[str, ...]) -> None:
    from ..bundle import Target, gather, this_platform, this_python

    platforms = platforms or (this_platform(),)
    pythons = pythons or (this_python(),)
    targets = [Target(platform, python) for platform in dict.fromkeys(platforms) for python in dict.fromkeys(pythons)]
    made = gather(folder.resolve(), targets, click.echo)
    for path in made.set_aside:
        click.echo(f"You had changed a file; yours is {path.name} now.")
    click.echo(f"Done. {made}.\nHow to start from it: {made.folder / 'README.txt'}")


def _check(folder: Path) -> None:
    from ..bundle import check_bundle

    wrong = check_bundle(folder)
    for line in wrong:
        click.echo(line)
    if wrong:
        click.echo("Gather it again, or copy it anew. What is in workshop can stay.")
        sys.exit(1)
    click.echo("All files are as they were gathered.")
