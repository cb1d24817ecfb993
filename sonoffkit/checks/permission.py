"""Whether this user may use a port, and what gives them the right."""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from ..ports import Port
from .adapters import is_node
from .check import Check
from .system import Kind, System

__all__ = ["permission"]

GROUP_MAY = stat.S_IRGRP | stat.S_IWGRP


def permission(system: System, port: Port) -> Iterator[Check]:
    """One line for a port that is a file; others have no owner."""
    name = f"permission of {port.device}"
    node = system.at(port.device)
    if not is_node(system, port):
        why = "Windows lets everybody" if system.kind is Kind.WINDOWS else "Nobody needs a right to"
        yield Check(name, None, f"{why} use {port.device}.")
    elif not node.exists():
        yield Check(name, None, f"{port.device} is not there, so its permission cannot be told.")
    elif system.may_use(node):
        yield Check(name, True, f"You ({system.user.name}) may use {port.device}")
    else:
        yield _denied(name, system, port.device, node)


def _denied(name: str, system: System, device: str, node: Path) -> Check:
    gid, mode = system.group_and_mode(node)
    user, group = system.user, system.group_name(gid)
    says = f"You ({user.name}) may not use {device}"
    by_group = mode & GROUP_MAY == GROUP_MAY and gid != 0  # nobody should join root's group
    if not by_group or not group or gid in user.groups:
        return Check(name, False, f"{says}, and no group gives you the right.", _owning(user.name, device))
    says = f"{says}: its group {group} may"
    if gid in user.enrolled:
        return Check(
            name,
            False,
            f"{says}. You are in it, but this session began before.",
            f"Log out and in again (or restart). For one terminal until then: newgrp {shlex.quote(group)}",
        )
    joining = f"sudo usermod -aG {shlex.quote(group)} {shlex.quote(user.name)}"
    if system.kind is Kind.MACOS:
        joining = f"sudo dseditgroup -o edit -a {shlex.quote(user.name)} -t user {shlex.quote(group)}"
    return Check(name, False, f"{says}, and you are not in it.", f"{joining}; then log out and in again.")


def _owning(user: str, device: str) -> str:
    """What helps whatever the node's group is; the system makes the node anew when the adapter is plugged in."""
    node = shlex.quote(device)
    return f"sudo chown {shlex.quote(user)} {node} && sudo chmod u+rw {node} (holds until it is unplugged)"
