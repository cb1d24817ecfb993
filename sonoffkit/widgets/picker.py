"""The port picker: which ports there are, which one is mine, and the practice Sonoff's button and power."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import traitlets

from ..errors import NoPortChosen
from ..paths import home, read_settings
from ..ports import FindMine, Kind, Port, find_ports, save_choice
from ..progress import note_port
from .hand import PracticeHand
from .noted import noted
from .sheet import sheet
from .style import says

__all__ = ["PortPicker"]

REFRESH_SECONDS = 1.5
# What a person chose and has not saved yet, by the kit's home: who clicks into the list and then presses Shift+Enter
# runs its cell again, and the choice must not be gone with the old list.
_by_hand: dict[Path, str] = {}


class PortPicker(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Shows the ports, refreshes by itself, and remembers the choice for the other notebooks.

    ``default`` is chosen where nothing was chosen before; it never overrides
    a person's choice, nor does a picker made again. ``port`` is the chosen port's name, empty for none.
    """

    port = traitlets.Unicode("", read_only=True)

    def __init__(self, default: str = "", find: Callable[[], list[Port]] = find_ports) -> None:
        self._find = find
        self._finding: FindMine | None = None
        self._offering = self._was_there = False
        wide = widgets.Layout(width="100%")
        self._choice = widgets.Select(description="Which port?", rows=6, layout=wide).add_class("sk-ports")
        self._choice.add_class("sk-under")
        self._mine = widgets.Button(description="Find mine", icon="search", tooltip="by unplugging and plugging in")
        self._says = widgets.HTML().add_class("sk-html").add_class("sk-says")
        self._hand = PracticeHand()
        self._mine.add_class("sk-mine")
        self._mine.on_click(lambda _: self.find_mine())
        super().__init__([sheet(), self._choice, self._mine, self._says, self._hand])
        self.add_class("sk-box")
        self.add_class("sk-picker")
        self._choice.observe(self._chosen, "value")
        saved = _by_hand.get(home()) or read_settings().get("port")
        self._choose(saved if isinstance(saved, str) and saved else default)
        self._keep_refreshing()

    def picked(self) -> str:
        """The chosen port; raises NoPortChosen."""
        if not self.port:
            raise NoPortChosen("No port is chosen.", "Click a port in the list above, then run this cell again.")
        return str(self.port)

    def save(self) -> str:
        """Remember the chosen port for the other notebooks, and give it."""
        save_choice(self.picked())
        _by_hand.pop(home(), None)
        noted(note_port)
        return str(self.port)

    def refresh(self) -> None:
        """Look which ports there are now."""
        ports = self._find()
        self._offer(ports)
        if self._finding:
            self._look(ports)
        elif self._is_there(ports) != self._was_there:
            self._show(self.port, ports)

    def _offer(self, ports: list[Port]) -> None:
        """Put the ports into the list, with the chosen one still chosen."""
        options = [(str(port), port.device) for port in ports]
        if self.port and not self._is_there(ports):
            options.append((f"{self.port}: not there now", self.port))
        if tuple(options) == self._choice.options:
            return
        self._offering = True  # new options make the list choose by itself: that is nobody's choice
        try:
            self._choice.options = tuple(options)
            self._choice.value = self.port or None
        finally:
            self._offering = False

    def _is_there(self, ports: list[Port]) -> bool:
        return self.port in {port.device for port in ports}

    def find_mine(self) -> None:
        """Begin to find the adapter by unplugging it and plugging it in."""
        self._finding = FindMine(self._find())
        self._say_finding()

    def _look(self, ports: list[Port]) -> None:
        assert self._finding is not None
        found = self._finding.look(ports)
        self._say_finding()
        if found:
            self._finding = None
            self._choose(found.device)
            _by_hand[home()] = found.device
            self._says.value = says("good", f"Found: {found}", "It is chosen now.")

    def _say_finding(self) -> None:
        if self._finding:
            self._says.value = says("care", self._finding.says)

    def _choose(self, device: str) -> None:
        ports = self._find()
        self.set_trait("port", device)
        self._offer(ports)
        self._choice.value = device or None
        self._show(device, ports)

    def _chosen(self, change: dict[str, Any]) -> None:
        if change["new"] and not self._offering:
            if change["new"] != self.port:
                _by_hand[home()] = change["new"]
            self._show(change["new"], self._find())

    def _show(self, device: str, ports: list[Port]) -> None:
        self.set_trait("port", device)
        self._was_there = self._is_there(ports)
        self._says.value = _advice(device, ports)
        self._hand.serve(device)

    def _keep_refreshing(self) -> None:
        """Refresh from the kernel's own loop while there is one; in a script nobody looks."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._task = loop.create_task(self._refreshing())

    async def _refreshing(self) -> None:
        while self.comm is not None:  # until the widget is closed
            await asyncio.sleep(REFRESH_SECONDS)
            with contextlib.suppress(OSError):  # a file that is just being written: look again next time
                self.refresh()
                self._hand.refresh()


def _advice(device: str, ports: list[Port]) -> str:
    port = next((port for port in ports if port.device == device), None)
    if not device:
        adapters = sum(port.kind is Kind.ADAPTER for port in ports)
        if adapters:
            return says("care", "Choose your adapter in the list.")
        return says("care", "No adapter is plugged in.", "Plug one in, or choose the practice Sonoff: it needs none.")
    if port is None:
        return says("care", f"{device} is not there now.", "Plug it in, or choose another port.")
    if port.kind is Kind.OTHER:
        return says("care", f"{device} is hardly a Sonoff's port.", f"It is {port.what}.")
    return says("good", f"Chosen: {port}")
