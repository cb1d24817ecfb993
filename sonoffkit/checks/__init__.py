"""What can be told without a device: is this computer ready, and is the cable good.

``run_checks`` gives a line for each thing; each has what to do, with the
command for this very machine. ``loop_back`` tests an adapter alone. All that
is asked of the machine goes through a ``System``, so that any machine can be
looked at.
"""

from __future__ import annotations

from .check import Check, line, nothing_to_do
from .loop import HOW_TO_WIRE, SPEEDS, Came, Echo, echoes, judge_loop, loop_back
from .system import Kind, System, User, this_system
from .whole import run_checks

__all__ = [
    "HOW_TO_WIRE",
    "SPEEDS",
    "Came",
    "Check",
    "Echo",
    "Kind",
    "System",
    "User",
    "echoes",
    "judge_loop",
    "line",
    "loop_back",
    "nothing_to_do",
    "run_checks",
    "this_system",
]
