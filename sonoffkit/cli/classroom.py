"""``class``: a folder of learners' records as one table."""

from __future__ import annotations

from pathlib import Path

import click

from .plain import plain_errors, wrote

__all__ = ["class_"]

OUT = click.Path(dir_okay=False, path_type=Path)


@click.command("class")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--html", "page", type=OUT, metavar="OUT", help="Write the table as a page for a browser, too.")
@click.option("--csv", "sheet", type=OUT, metavar="OUT", help="Write it for a spreadsheet, too.")
def class_(folder: Path, page: Path | None, sheet: Path | None) -> None:
    """Turn the records that a class handed in into one table.

    FOLDER holds the HTML pages that learners saved at the end of the course,
    and may have folders in it. Of two records of one learner the newest
    counts. What is no record, or is damaged, is named with the reason.
    """
    from ..progress import read_class

    try:
        table = read_class(folder, but_not=(page, sheet))
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be read. ({error.strerror})") from None
    with plain_errors():
        click.echo(table.text())
        for path, text, encoding in ((page, table.html(), "utf-8"), (sheet, table.csv(), "utf-8-sig")):
            if path:  # the mark at its start tells a spreadsheet that it is UTF-8
                _refuse_records(path)
                path.write_text(text, encoding=encoding, newline="")
                wrote(path)
    if not table.rows:
        raise click.exceptions.Exit(1)


def _refuse_records(path: Path) -> None:
    """A slip of the hand must not write over what a learner handed in."""
    from ..progress import read_record

    try:
        read_record(path)
    except (ValueError, OSError):
        return
    raise click.ClickException(f"{path} is a learner's record, and stays as it is. Choose another name.")
