"""``lab`` and ``rehearse``: the notebooks, opened or run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

__all__ = ["lab", "rehearse"]

INCOMPLETE = "there are no notebooks: the installation is incomplete."


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="sonoffkit-workshop")
@click.option("--no-browser", is_flag=True, help="Do not open a browser; the address is printed.")
@click.option("--port", type=click.IntRange(1, 65535), help="The server's TCP port.")
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED, metavar="[-- JUPYTERLAB'S OPTIONS]")
def lab(folder: Path, no_browser: bool, port: int | None, jupyter_options: tuple[str, ...]) -> None:
    """Open the notebooks in JupyterLab.

    They are copied into FOLDER (sonoffkit-workshop unless given); what you
    changed there is never overwritten. Nothing is asked of the network.
    """
    from ..course import Copied, copy_course
    from ..lab import lab_command, lab_environment

    folder = folder.resolve()
    try:
        copied = copy_course(folder)
    except OSError as exc:
        raise click.ClickException(f"the notebooks cannot be copied to {folder}: {exc.strerror}") from None
    if not copied:
        raise click.ClickException(INCOMPLETE)
    for name, what in copied.items():
        if what is not Copied.SAME:
            click.echo(f"{name}: {what.value}")
    click.echo(f"Opening JupyterLab in {folder}. Stop it with Ctrl-C.")
    command = lab_command(folder, min(copied), browser=not no_browser, port=port, more=jupyter_options)
    sys.exit(_call(command, lab_environment(folder)))


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Save the notebooks with outputs here.")
def rehearse(out: Path | None) -> None:
    """Run all notebooks on practice Sonoffs.

    The devices are fresh, and what you did yourself stays untouched.

    Needs no browser, no hardware and no network. The exit status is 0 when
    all passed.
    """
    from ..rehearsal import rehearse as run_all

    results = []
    for result in run_all(out):
        click.echo(str(result))
        results.append(result)
    if not results:
        raise click.ClickException(INCOMPLETE)
    sys.exit(0 if all(result.passed for result in results) else 1)


def _call(command: list[str], environment: dict[str, str]) -> int:
    """Run a program until it ends; Ctrl-C is its own to handle, and it asks before it stops."""
    with subprocess.Popen(command, env=environment) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:
                continue
