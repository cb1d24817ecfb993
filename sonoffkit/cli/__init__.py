"""The ``sonoffkit`` command: a file for each kind of work, fetched when it is asked for."""

from __future__ import annotations

import click

from .bundle import bundle
from .check import check
from .classroom import class_
from .course import lab, rehearse
from .diagnose import diagnose
from .dumps import inspect, redact
from .practice import practice

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sonoffkit")
def main() -> None:
    """Back up, understand and reflash Sonoff switches, with or without hardware."""


for command in (lab, rehearse, practice, check, diagnose, inspect, redact, class_, bundle):
    main.add_command(command)
