"""The operation runner: start, cancel, how far it is, what it said, what came out."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import traitlets

from ..errors import SonoffkitError
from ..ports import chosen_port
from .awaited import AwaitedBox
from .cards import result_card, status_html, terminal_html
from .confirm import ConfirmField
from .copying import CopyRow
from .guidance import GuidanceRow
from .job import Job, JobState, Snapshot, job_for
from .plans import plan_for
from .sheet import sheet
from .style import code_block, says

__all__ = ["OperationRunner"]

PATIENCE_SECONDS = 600.0  # for a person who looks at wires, and tries one thing after the other


class OperationRunner(AwaitedBox):
    """Runs one of ``sonoffkit.operations`` on a port, and shows it.

    ``await runner`` in a notebook's cell shows it, starts it and waits; the
    buttons stay alive meanwhile, and the kernel's own Stop cancels. In a
    script, ``runner.wait()``. ``runner.result`` gives the result, or raises
    what ended it. Made again while it runs, it shows the one that is running.

    >>> runner = OperationRunner(back_up)                       # doctest: +SKIP
    >>> await runner                                            # doctest: +SKIP
    """

    state = traitlets.Unicode(JobState.READY.value, read_only=True)

    def __init__(
        self,
        operation: Callable[..., Any],
        port: str | None = None,
        *,
        baud: int | None = None,
        patience: float = PATIENCE_SECONDS,
        **options: Any,
    ) -> None:
        self._new_job: Callable[[], Job] = lambda: job_for(
            plan_for(operation, options), port or chosen_port(), baud, patience
        )
        self.job = self._new_job()
        self._make_parts()
        super().__init__(self._parts())
        self.add_class("sk-run")
        self._show()
        if self.job.is_live:
            self._watch()

    # For notebooks and scripts

    def start(self) -> OperationRunner:
        """Begin, unless it has begun."""
        self.job.start()
        self._watch()
        return self

    def cancel(self) -> None:
        """Ask it to stop."""
        self.job.cancel()
        self._show()

    def wait(self, timeout: float | None = None) -> OperationRunner:
        """Start it if need be and wait until it is over, or ``timeout`` seconds."""
        self.start()
        self.job.wait(timeout)
        self._show()
        return self

    @property
    def result(self) -> Any:
        """What the operation brought; raises what ended it, or NotFinished."""
        return self.job.result

    def _work(self) -> Job:
        return self.job

    def _begin(self) -> None:
        self.start()

    def _end(self) -> None:
        self.job.cancel()

    # The parts

    def _make_parts(self) -> None:
        self._title = widgets.HTML().add_class("sk-html")
        self._start = widgets.Button(description="Start", button_style="primary", icon="play").add_class("sk-start")
        self._cancel = widgets.Button(description="Cancel", icon="stop").add_class("sk-cancel")
        self._bar = widgets.FloatProgress(max=1.0, layout=widgets.Layout(width="100%")).add_class("sk-bar")
        self._status = widgets.HTML().add_class("sk-html").add_class("sk-status")
        self._confirm = ConfirmField(lambda typed: self.job.confirm(typed))
        self._log = widgets.HTML().add_class("sk-log")
        self._command = widgets.HTML().add_class("sk-command")
        self._card = widgets.HTML().add_class("sk-html").add_class("sk-result")
        self._guidance = GuidanceRow(lambda: self._guided(Job.tried), lambda: self._guided(Job.back))
        self._copy = CopyRow()
        self._start.on_click(lambda _: self._start_clicked())
        self._cancel.on_click(lambda _: self.cancel())

    def _parts(self) -> list[widgets.Widget]:
        details = widgets.Accordion(
            [self._command, self._log], titles=("The same in a terminal", "What esptool says"), selected_index=None
        )
        buttons = widgets.HBox([self._start, self._cancel])
        return [
            sheet(), self._title, buttons, self._bar, self._status, self._card, self._confirm, self._guidance,
            self._copy, details,
        ]  # fmt: skip

    def _guided(self, step: Callable[[Job], None]) -> None:
        step(self.job)
        self._show()

    def _start_clicked(self) -> None:
        try:
            if self.job.is_over:
                self.job = self._new_job()
            self.start()
        except SonoffkitError as error:
            self._card.value = says("bad", str(error), error.hint)

    # Showing

    def _show_now(self) -> None:
        self._show_job(self.job, self.job.snapshot())

    def _show_job(self, job: Job, now: Snapshot) -> None:
        plan, over = job.plan, now.state.is_over
        self._title.value = (
            f'<span class="sk-title">{plan.title}</span> <span class="sk-quiet">on {html.escape(job.port)}</span>'
        )
        self._start.disabled = not (now.state is JobState.READY or over)
        self._start.description = "Run again" if over else "Start"
        self._cancel.disabled = over or now.state is JobState.READY or not now.can_cancel
        self._cancel.tooltip = plan.no_cancel if now.state is JobState.RUNNING else ""
        self._bar.value = 1.0 if now.state is JobState.DONE else now.done / now.total if now.total else 0.0
        self._bar.bar_style = {JobState.DONE: "success", JobState.FAILED: "danger"}.get(now.state, "info")
        self._status.value = status_html(now, plan.no_cancel)
        self._confirm.layout.display = None if now.state is JobState.CONFIRM else "none"
        self._log.value = code_block(job.log())
        if now.state.value != self.state or not self._command.value:
            self._command.value = terminal_html(job)
        self._card.value = result_card(job, now)
        self._guidance.offer(now.advice if now.state is JobState.WAITING else None)
        self._copy.offer(getattr(job.outcome, "backup", None) if now.state is JobState.DONE else None)
        self.set_trait("state", now.state.value)
