"""Run by a test as root: becomes a user without any right, and prints what the checks say then, as JSON."""

from __future__ import annotations

import grp  # noqa: F401  # to be there in time, see below
import json
import os
import sys
from dataclasses import asdict, replace

from sonoffkit.checks import run_checks, this_system

NOBODY = 65534


def main(port: str, *groups: str) -> None:
    # Where Python itself is not for others to read, whatever is loaded later must be there by now.
    list(run_checks([port]))
    os.setgroups([int(group) for group in groups])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    # For the same reason no new Python can be started.
    system = replace(this_system(), ask_practice_sonoff=lambda: "not asked")
    print(json.dumps([asdict(check) for check in run_checks([port], system)]))


main(*sys.argv[1:])
