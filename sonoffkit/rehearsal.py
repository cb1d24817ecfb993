"""Rehearsing the course: every notebook, top to bottom, without a browser, on fresh practice Sonoffs."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .course import course_notebooks

__all__ = ["Rehearsed", "rehearse"]

LONGEST_CELL_SECONDS = 300


@dataclass(frozen=True)
class Rehearsed:
    """One notebook's run: how long, and where and why it failed if it did."""

    name: str
    seconds: float
    failed_cell: int | None = None
    why: str = ""

    @property
    def passed(self) -> bool:
        return self.failed_cell is None

    def __str__(self) -> str:
        verdict = "passed" if self.passed else f"FAILED in cell {self.failed_cell}: {self.why}"
        return f"{self.name}: {verdict} ({self.seconds:.0f} s)"


def rehearse(out: Path | None = None) -> Iterator[Rehearsed]:
    """Run the notebooks in their order, in a home of their own, and tell of each as it ends.

    With ``out``, the notebooks are saved there with their outputs.
    """
    with tempfile.TemporaryDirectory(prefix="sonoffkit-", ignore_cleanup_errors=True) as folder:
        workshop = Path(folder)
        with _home(workshop / "home"):
            for path in course_notebooks():
                yield _run(path, workshop, out)


def _run(path: Path, workshop: Path, out: Path | None) -> Rehearsed:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    began_cells: list[int] = []
    client = NotebookClient(
        notebook,
        on_cell_start=lambda cell, cell_index: began_cells.append(cell_index),
        timeout=LONGEST_CELL_SECONDS,
        resources={"metadata": {"path": str(workshop)}},
        kernel_name="python3",
    )
    began = time.monotonic()
    failed, why = None, ""
    try:
        # Each kernel warns there that it talks over TCP; what a cell prints comes by another way.
        client.execute(stderr=subprocess.DEVNULL)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        failed, why = max(began_cells, default=0) + 1, _reason(error)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, out / path.name)  # type: ignore[no-untyped-call]
    return Rehearsed(path.name, time.monotonic() - began, failed, why)


def _reason(error: Exception) -> str:
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"


@contextlib.contextmanager
def _home(folder: Path) -> Iterator[None]:
    """A home of its own for the kernels, whose environment is ours; the person's stays untouched."""
    saved = {name: os.environ.get(name) for name in ("SONOFFKIT_HOME", "SONOFFKIT_VAULT", "JUPYTER_PREFER_ENV_PATH")}
    os.environ["SONOFFKIT_HOME"] = str(folder)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # this Python's kernel, not one that lies in the user's folder
    os.environ.pop("SONOFFKIT_VAULT", None)
    try:
        yield
    finally:
        for name, value in saved.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        shutil.rmtree(folder, ignore_errors=True)
