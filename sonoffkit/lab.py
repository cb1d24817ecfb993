"""JupyterLab as the course needs it: the first notebook open, no network, uploads to 64 MB."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from jupyter_core.paths import jupyter_runtime_dir

__all__ = ["kernel_transport", "lab_command", "lab_environment"]

UPLOAD_LIMIT = 64 * 1024 * 1024  # bytes; without it uploads over 10 MiB vanish without a word
SOCKET_PATH_LIMIT = 100  # characters; macOS allows 103, Linux 107
SETTINGS = {
    # or JupyterLab asks, in a corner, whether it may fetch its news
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # a line that runs out of a narrow window hides what is to be typed in it
    "@jupyterlab/notebook-extension/tracker": {"codeCellConfig": {"lineWrap": True}},
}


def lab_command(
    folder: Path, first: str, *, browser: bool = True, port: int | None = None, more: Iterable[str] = ()
) -> list[str]:
    """The command that opens JupyterLab on a folder; ``more`` are options of JupyterLab's own."""
    options = [
        *([f"--KernelManager.transport={transport}"] if (transport := kernel_transport()) else []),
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{first}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        f"--ServerApp.tornado_settings={{'websocket_max_message_size': {UPLOAD_LIMIT}}}",
        "--ServerApp.log_level=WARN",
    ]
    if not browser:
        options.append("--no-browser")
    if port is not None:
        options += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # in a container there is often nobody else
    return [sys.executable, "-m", "jupyterlab", *options, *more]


def kernel_transport() -> str:
    """How to talk to kernels: by local sockets where they can be had, else empty, for Jupyter's own way.

    Over TCP each kernel warns that it does so unencrypted, in the middle of a class.
    """
    longest = len(jupyter_runtime_dir()) + len("/kernel-00000000-0000-0000-0000-000000000000-ipc-5")
    return "ipc" if os.name == "posix" and longest < SOCKET_PATH_LIMIT else ""


def lab_environment(folder: Path) -> dict[str, str]:
    """The environment for it: our settings, and this Python's own kernel before any other."""
    settings = folder / ".sonoffkit-lab"
    for name, values in SETTINGS.items():
        path = settings / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(json.dumps(values), encoding="utf-8")
    ours = {
        "PATH": sysconfig.get_path("scripts") + os.pathsep + os.environ.get("PATH", ""),
        "JUPYTER_PREFER_ENV_PATH": "1",  # this Python's kernel, not one that lies in the user's folder
    }
    return {"JUPYTERLAB_SETTINGS_DIR": str(settings)} | dict(os.environ) | ours
