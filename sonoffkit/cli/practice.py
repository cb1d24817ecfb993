"""``practice``: a practice Sonoff on a port for any terminal."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from pathlib import Path
from typing import Protocol

import click

from ..practice import MODELS, PracticeDevice

__all__ = ["practice"]


class Door(Protocol):
    """Where a practice device is served.

    ``address`` is what a terminal's esptool is given; ``link`` a path to it that stays when the address changes.
    """

    @property
    def address(self) -> str: ...
    @property
    def link(self) -> Path | None: ...
    def serve(self, stop: threading.Event) -> None: ...


@click.command()
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
    from ..practice.device import DeviceInUse, practice_device

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
    from ..practice.console import HELP, obey, say_state

    click.echo(door.address)
    click.echo(f"{device.model.title} in {device.folder}: {say_state(device)}. Stop with Ctrl-C.\n{HELP}")
    if door.link:
        click.echo(f"Unplugged and plugged in, it may get another name; {door.link} stays.")
    sys.stdout.flush()
    if sys.stdin:
        threading.Thread(target=obey, args=(device, sys.stdin, stop, _say), daemon=True).start()
    door.serve(stop)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads any more: it serves on
        click.echo(text)


def _is_device(home: Path | None) -> bool:
    return home is not None and (home / "device.json").exists()


def _open_door(device: PracticeDevice, door: str | None, tcp_port: int | None, realtime: bool, latency: float) -> Door:
    """The door asked for: RFC 2217 with a TCP port, else a pseudo-terminal where the system has them."""
    if tcp_port is not None and door:
        raise click.UsageError("--pty and --serve are two doors: choose one.")
    if tcp_port is not None or sys.platform == "win32":
        from ..practice.rfc2217_door import Rfc2217Door

        return Rfc2217Door(device, tcp_port or 0, realtime=realtime, latency=latency)
    from ..practice.pty_door import PtyDoor

    return PtyDoor(device, realtime=realtime, latency=latency)
