"""``inspect`` and ``redact``: a dump looked at, and a copy of it that can be shared."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .plain import plain_errors, wrote

__all__ = ["inspect", "redact"]


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page for a browser.")
@click.option(
    "--png", "picture", type=click.Path(dir_okay=False, path_type=Path), help="Write the overview (PNG, SVG)."
)
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON, with every identity masked.")
@click.option("--reveal", is_flag=True, help="Print the secrets, too: mind who looks over your shoulder.")
def inspect(file: Path, page: Path | None, picture: Path | None, as_json: bool, reveal: bool) -> None:
    """Say what a dump is, what lies where, and what it gives away.

    FILE is a backup, an image, or anything else of at most 64 MB; it is not
    changed. Passwords and keys are masked; a page, a picture and JSON mask
    names and addresses, too.
    """
    from ..listing import listing
    from ..report import inspect_dump

    with plain_errors():
        report = inspect_dump(file)
        if as_json:
            click.echo(json.dumps(report.to_json(), indent=1))
        else:
            click.echo(listing(report, reveal=reveal))
        if page:
            from ..page import save_page

            wrote(save_page(report, page))
        if picture:
            from ..figures import overview

            wrote(overview(report, exported=True).save(picture))


@click.command()
@click.argument("dump", metavar="IN", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(dir_okay=False, path_type=Path))
def redact(dump: Path, out: Path) -> None:
    """Write a copy of a dump that can be shared.

    Names, passwords, keys, ids and addresses are replaced by made-up ones of
    the same length, and every checksum that held holds again. IN stays as it
    is; OUT must not exist yet. Where nobody can be sure, it refuses.
    """
    from ..redacting import redact_file

    with plain_errors():
        for line in redact_file(dump, out).lines():
            click.echo(line)
