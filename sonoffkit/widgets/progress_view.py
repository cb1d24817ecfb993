"""A notebook's top: what is done, what comes next, and what must be done first."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import html
import re
from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets

from ..course import course_notebooks
from ..paths import home
from ..progress import Journal, Standing, Step, damaged_journals, journal_file, stand
from ..vault import Vault
from .sheet import sheet

__all__ = ["Progress", "device_words"]

REFRESH_SECONDS = 1.5
SHEET = """<style>
.sk-progress .sk-standing ol { display: flex; flex-wrap: wrap; gap: 4px 8px; margin: 0 0 6px; padding: 0;
  list-style: none; }
.sk-progress .sk-standing li { border: 1px solid var(--jp-border-color2, #ccc); border-radius: 4px; padding: 1px 8px;
  margin: 0; white-space: nowrap; }
.sk-progress .sk-standing li.sk-next { border: 2px solid var(--jp-ui-font-color1, #222); font-weight: 600;
  padding: 0 7px; }
.sk-progress li small { color: var(--jp-ui-font-color2, #555); font-weight: 400; }
.sk-progress .sk-sign { font-weight: 700; margin-right: 3px; }
.sk-progress a { color: var(--jp-content-link-color, #0b5cad); text-decoration: underline; }
.sk-progress .jp-OutputArea-output, .sk-progress .jp-RenderedHTMLCommon { padding: 0; margin: 0; overflow: visible;
  background: transparent; }
.sk-progress .jp-OutputArea-prompt { display: none; }
.sk-progress .jp-RenderedHTMLCommon { font-size: var(--jp-widgets-font-size, 13px); line-height: 1.45; }
.sk-progress .jp-RenderedHTMLCommon p { margin: 0 0 2px; }
</style>"""


class Progress(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """The card at a notebook's top; it follows what is done in this notebook and in others.

    ``standing`` is what it shows. Links lead to the notebooks that there are.
    """

    def __init__(self, notebook: str, vault: Vault | None = None) -> None:
        self._notebook, self._vault = notebook, vault or Vault()
        self.standing = stand(notebook, Journal(), self._vault)
        # An output, and not a widget's HTML: the notebook follows links only in the former.
        self._card = widgets.Output().add_class("sk-standing")
        self._looked_like: object = None
        super().__init__([sheet(), widgets.HTML(SHEET, layout=widgets.Layout(margin="0", height="0")), self._card])
        self.add_class("sk-box").add_class("sk-progress")
        self.refresh()
        self._keep_refreshing()

    def refresh(self) -> None:
        """Look what is done now."""
        try:
            self.standing, trouble = stand(self._notebook, vault=self._vault), ""
        except OSError as exc:
            trouble = f"Your progress cannot be read. ({exc.strerror or exc}) What you do here works all the same."
        text, words = _html(self.standing, trouble), _words(self.standing, trouble)
        data = {"text/html": text, "text/plain": words}
        self._card.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)

    def _keep_refreshing(self) -> None:
        """Refresh from the kernel's own loop while there is one; in a script nobody looks."""
        with contextlib.suppress(RuntimeError):
            self._task = asyncio.get_running_loop().create_task(self._refreshing())

    async def _refreshing(self) -> None:
        while self.comm is not None:  # until the widget is closed
            await asyncio.sleep(REFRESH_SECONDS)
            looks = [_changed(path) for path in (journal_file(), home() / "settings.json", self._vault.folder)]
            if looks != self._looked_like:
                self._looked_like = looks
                self.refresh()


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _html(standing: Standing, trouble: str) -> str:
    steps = "".join(_step(standing, one.step, one.when) for one in standing.made)
    return f'<ol aria-label="Your progress">{steps}</ol>' + "".join(
        f"<p>{line}</p>" for line in _lines(standing, trouble, _link)
    )


def _words(standing: Standing, trouble: str) -> str:
    """The same where there is no HTML."""
    steps = ", ".join(f"{one.step.title}: {_when(one.when) if one.is_done else 'not yet'}" for one in standing.made)
    return "\n".join([steps, *(_untagged(line) for line in _lines(standing, trouble, str))])


def _step(standing: Standing, step: Step, when: str) -> str:
    title = html.escape(step.title)
    if when:
        return f'<li><span class="sk-sign">✓</span>{title} <small>{html.escape(_when(when))}</small></li>'
    if step == _first(standing):
        return f'<li class="sk-next" aria-current="step"><span class="sk-sign">→</span>{title} <small>next</small></li>'
    return f'<li><span class="sk-sign">○</span>{title} <small>not yet</small></li>'


def _first(standing: Standing) -> Step | None:
    return standing.missing[0] if standing.missing else standing.next


def _lines(standing: Standing, trouble: str, link: Callable[[str], str]) -> list[str]:
    """Sentences as HTML."""
    lines = [_now(standing, link)]
    if standing.device:
        lines.append(f"Your device: {html.escape(device_words(standing))}.")
    if standing.faults:
        lines.append(f"Faults met: {standing.faults}; solved: {standing.solved}.")
    if standing.hunted:
        lines.append(f"Hidden faults named on the bench: {standing.hunted}.")
    for path in damaged_journals():
        lines.append(
            "A file with earlier progress could not be read, and a new one was begun. The old one is kept, as "
            f"{html.escape(str(path))}; your backups are not touched by that."
        )
    return [*lines, *([html.escape(trouble)] if trouble else [])]


def _now(standing: Standing, link: Callable[[str], str]) -> str:
    if standing.missing:
        first = standing.missing[0]
        return f"<b>First:</b> {html.escape(first.do)}, in {link(first.notebook)}; this notebook needs it."
    if standing.next is None:
        return "<b>All is done.</b> Each step has been made with this device."
    where = "in this notebook" if standing.next.notebook == standing.notebook else f"in {link(standing.next.notebook)}"
    return f"<b>Next:</b> {html.escape(standing.next.do)}, {where}."


def _untagged(line: str) -> str:
    return html.unescape(re.sub("<[^>]+>", "", line))


def _link(notebook: str) -> str:
    there = {path.stem for path in course_notebooks()}
    return f'<a href="{notebook}.ipynb">{notebook}</a>' if notebook in there else notebook


def device_words(standing: Standing) -> str:
    """The device in words, for its owner."""
    device = standing.device
    if device is None:
        return ""
    kind = "practice Sonoff, " if device.practice else ""
    sticker = f", sticker {device.sticker}" if device.sticker else ""
    return f"{kind}{device.chip}, {device.flash_size / 0x100000:g} MB, MAC {device.mac}{sticker}"


def _when(when: str) -> str:
    """Today only the time; a step that nobody wrote down has none."""
    try:
        then = datetime.datetime.fromisoformat(when)
    except ValueError:
        return "done"
    return f"today {then:%H:%M}" if then.date() == datetime.date.today() else f"{then:%Y-%m-%d}"
