"""The ``sonoffkit`` command."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import click

from .practice import MODELS, PracticeDevice

__all__ = ["main"]

INCOMPLETE = "there are no notebooks: the installation is incomplete."


class Door(Protocol):
    """Where a practice device is served.

    ``address`` is what a terminal's esptool is given; ``link`` a path to it that stays when the address changes.
    """

    @property
    def address(self) -> str: ...
    @property
    def link(self) -> Path | None: ...
    def serve(self, stop: threading.Event) -> None: ...


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sonoffkit")
def main() -> None:
    """Back up, understand and reflash Sonoff switches, with or without hardware."""


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="sonoffkit-workshop")
@click.option("--no-browser", is_flag=True, help="Do not open a browser; the address is printed.")
@click.option("--port", type=click.IntRange(1, 65535), help="The server's TCP port.")
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED, metavar="[-- JUPYTERLAB'S OPTIONS]")
def lab(folder: Path, no_browser: bool, port: int | None, jupyter_options: tuple[str, ...]) -> None:
    """Open the notebooks in JupyterLab.

    They are copied into FOLDER (sonoffkit-workshop unless given); what you
    changed there is never overwritten. Nothing is asked of the network.
    """
    from .course import Copied, copy_course
    from .lab import lab_command, lab_environment

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


@main.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Save the notebooks with outputs here.")
def rehearse(out: Path | None) -> None:
    """Run all notebooks on practice Sonoffs.

    The devices are fresh, and what you did yourself stays untouched.

    Needs no browser, no hardware and no network. The exit status is 0 when
    all passed.
    """
    from .rehearsal import rehearse as run_all

    results = []
    for result in run_all(out):
        click.echo(str(result))
        results.append(result)
    if not results:
        raise click.ClickException(INCOMPLETE)
    sys.exit(0 if all(result.passed for result in results) else 1)


@main.command()
@click.option("--model", type=click.Choice(list(MODELS)), help="Which device; 'basic' unless --home holds another.")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The device's folder; the notebooks' own device of that model unless given.",
)
@click.option("--button", type=click.Choice(["held", "released"]), help="Power it up anew, with the button like this.")
@click.option("--pty", "door", flag_value="pty", help="Serve on a pseudo-terminal (Linux, macOS; the default there).")
@click.option("--serve", "tcp_port", type=click.IntRange(0, 65535), help="Serve by RFC 2217 on this TCP port.")
@click.option("--realtime", is_flag=True, help="As slow as a real cable.")
@click.option(
    "--latency", type=click.FloatRange(0, 1), default=0.016, show_default=True, help="Seconds; with --realtime."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME=VALUE",
    help="Something that goes wrong, as drop-to-host=2000; as often as you like. 'fault' on its input lists them.",
)
def practice(
    model: str | None,
    home: Path | None,
    button: str | None,
    door: str | None,
    tcp_port: int | None,
    realtime: bool,
    latency: float,
    faults: tuple[str, ...],
) -> None:
    """Put a practice Sonoff on a port, for esptool in any terminal.

    The first line of output is the port to use. Then words on the standard
    input touch the device; 'help' lists them. It runs until stopped.
    """
    from .practice.device import DeviceInUse, practice_device

    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # from the start: a door that is open must be closed again
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())
    try:
        device = practice_device(model or "basic", home, model or (None if _is_device(home) else "basic"))
        for fault in faults:
            device.set_fault(fault.split("="))
        if not device.state().plugged_in:  # as it was left; whoever starts it wants it there
            device.plug_in()
        if button:
            _power_up(device, held=button == "held")
        opened = _open_door(device, door, tcp_port, realtime, latency)
    except DeviceInUse:
        raise click.ClickException(
            "this practice Sonoff's port is open in another program (a notebook, or another 'sonoffkit practice'). "
            "Its flash is as it was. Close that, and try again."
        ) from None
    except (ValueError, OSError) as exc:
        raise click.ClickException(str(exc)) from None
    _serve(opened, device, stop)


def _power_up(device: PracticeDevice, *, held: bool) -> None:
    device.power_off()
    (device.hold_button if held else device.release_button)()
    device.power_on()


def _serve(door: Door, device: PracticeDevice, stop: threading.Event) -> None:
    """Tell the address, then carry bytes and obey words until stopped."""
    from .practice.console import HELP, obey, say_state

    click.echo(door.address)
    click.echo(f"{device.model.title} in {device.folder}: {say_state(device)}. Stop with Ctrl-C.\n{HELP}")
    if door.link:
        click.echo(f"Unplugged and plugged in, it may get another name; {door.link} stays.")
    sys.stdout.flush()
    if sys.stdin:
        threading.Thread(target=obey, args=(device, sys.stdin, stop, _say), daemon=True).start()
    door.serve(stop)


@main.command()
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
    from .listing import listing
    from .report import inspect_dump

    with _plain_errors():
        report = inspect_dump(file)
        if as_json:
            click.echo(json.dumps(report.to_json(), indent=1))
        else:
            click.echo(listing(report, reveal=reveal))
        if page:
            from .page import save_page

            _wrote(save_page(report, page))
        if picture:
            from .figures import overview

            _wrote(overview(report, exported=True).save(picture))


@main.command()
@click.argument("dump", metavar="IN", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(dir_okay=False, path_type=Path))
def redact(dump: Path, out: Path) -> None:
    """Write a copy of a dump that can be shared.

    Names, passwords, keys, ids and addresses are replaced by made-up ones of
    the same length, and every checksum that held holds again. IN stays as it
    is; OUT must not exist yet. Where nobody can be sure, it refuses.
    """
    from .redacting import redact_file

    with _plain_errors():
        for line in redact_file(dump, out).lines():
            click.echo(line)


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """Errors of the kit as a sentence and what to do, without a stack."""
    from .errors import SonoffkitError

    try:
        yield
    except SonoffkitError as error:
        raise click.ClickException(f"{error}\n{error.hint}") from None
    except OSError as error:  # the dump was read before
        raise click.ClickException(f"{error.filename} cannot be written. ({error.strerror})") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _wrote(path: Path) -> None:
    click.echo(f"Wrote {path}", err=True)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads any more: it serves on
        click.echo(text)


def _call(command: list[str], environment: dict[str, str]) -> int:
    """Run a program until it ends; Ctrl-C is its own to handle, and it asks before it stops."""
    with subprocess.Popen(command, env=environment) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:
                continue


def _is_device(home: Path | None) -> bool:
    return home is not None and (home / "device.json").exists()


def _open_door(device: PracticeDevice, door: str | None, tcp_port: int | None, realtime: bool, latency: float) -> Door:
    """The door asked for: RFC 2217 with a TCP port, else a pseudo-terminal where the system has them."""
    if tcp_port is not None and door:
        raise click.UsageError("--pty and --serve are two doors: choose one.")
    if tcp_port is not None or sys.platform == "win32":
        from .practice.rfc2217_door import Rfc2217Door

        return Rfc2217Door(device, tcp_port or 0, realtime=realtime, latency=latency)
    from .practice.pty_door import PtyDoor

    return PtyDoor(device, realtime=realtime, latency=latency)
