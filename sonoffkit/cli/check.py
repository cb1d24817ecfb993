"""``check``: is this computer ready, and is the cable good."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..checks import Check

__all__ = ["check"]


@click.command()
@click.argument("ports", nargs=-1, metavar="[PORT]...")
@click.option("--loop-back", "looped", metavar="PORT", help="Test an adapter alone, its TX wired to its own RX.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON, at the end.")
def check(ports: tuple[str, ...], looped: str | None, as_json: bool) -> None:
    """Say whether this computer is ready for a Sonoff.

    A line for each thing: ✓, or ✗ and what to do, or – where it does not
    apply. All adapters that are plugged in are looked at, and each PORT.
    Nothing is changed, and no device is needed. The exit status is 0 when
    nothing needs doing.
    """
    from ..checks import nothing_to_do, run_checks

    found = _shown(run_checks([*ports, *([looped] if looped else [])]), as_json)
    if looped:
        found += _shown(_loop(looped, as_json), as_json)
    if as_json:
        click.echo(json.dumps({"ready": nothing_to_do(found), "checks": [asdict(one) for one in found]}, indent=1))
    sys.exit(0 if nothing_to_do(found) else 1)


def _shown(checks: Iterable[Check], as_json: bool) -> list[Check]:
    """All of them, each printed as soon as it is there."""
    from ..checks import line

    found = []
    for one in checks:
        found.append(one)
        if not as_json:
            click.echo(line(one, plain=not _has_signs()))
    return found


def _loop(device: str, as_json: bool) -> Iterator[Check]:
    from ..checks import HOW_TO_WIRE, Echo, loop_back

    def tell(echo: Echo) -> None:
        if not as_json:
            click.echo(f"  {echo}")

    if not as_json:
        click.echo(f"\nThe adapter on {device} alone:")
        for number, step in enumerate(HOW_TO_WIRE, 1):
            click.echo(f"{number}. {step}")
        click.pause("Press any key when it is so.")
    yield loop_back(device, tell=tell)


def _has_signs() -> bool:
    """Whether the terminal can show our signs; an old Windows console cannot."""
    try:
        "✓✗–→".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
