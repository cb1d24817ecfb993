"""JupyterLab as ``sonoffkit lab`` starts it, and a Chromium on it, for scripts; browser tests have fixtures for it."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from conftest import FLAGS, Lab, NotebookPage, _chromium, _free_port, _stop, _wait_until_up, _write_settings
from playwright.sync_api import sync_playwright

__all__ = ["notebook_page", "running_lab"]


@contextlib.contextmanager
def running_lab(root: Path, python: str | Path = sys.executable) -> Iterator[Lab]:
    """JupyterLab from a Python's own sonoffkit, in a folder of its own: no practice device or backup of a person."""
    folder, home, token, port = root / "workshop", root / "home", secrets.token_hex(8), _free_port()
    env = os.environ | {
        "SONOFFKIT_HOME": str(home),
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(root / "workspaces"),
        "IPYTHONDIR": str(root / "ipython"),
    }
    for name in ("SONOFFKIT_VAULT", "PYTHONPATH"):
        env.pop(name, None)
    root.mkdir(parents=True, exist_ok=True)
    _write_settings(folder)
    command = [str(python), "-m", "sonoffkit", "lab", str(folder), "--no-browser", "--port", str(port)]
    with (root / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--", "--expose-app-in-browser"], env=env, cwd=root, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            lab = Lab(f"http://127.0.0.1:{port}", token, folder, home)
            _wait_until_up(lab, server, root / "lab.log")
            yield lab
        finally:
            _stop(server)


@contextlib.contextmanager
def notebook_page(lab: Lab, *, width: int = 1280, height: int = 1000, scale: float = 1) -> Iterator[NotebookPage]:
    """A Chromium's page for that JupyterLab's notebooks."""
    executable = _chromium()
    if executable is None:
        sys.exit("No Chromium or Chrome was found: install one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
        context.set_default_timeout(60_000)
        yield NotebookPage(context.new_page(), lab)
        browser.close()
