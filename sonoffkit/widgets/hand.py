"""The hand that holds a practice Sonoff: its button and its power."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from ..errors import PortMissing
from ..ports import is_practice, practice_at
from ..practice import DeviceInUse, PracticeDevice
from ..practice.console import say_state

__all__ = ["PracticeHand"]


class PracticeHand(widgets.HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Two buttons and what the device does; shown for practice ports only."""

    def __init__(self) -> None:
        self._device: PracticeDevice | None = None
        self._button = widgets.Button(description="Hold button", icon="hand-pointer-o").add_class("sk-hold")
        self._power = widgets.Button(description="Power", icon="power-off").add_class("sk-power")
        self._state = widgets.HTML().add_class("sk-html").add_class("sk-device")
        self._button.on_click(lambda _: self._touch(self._press))
        self._power.on_click(lambda _: self._touch(self._switch))
        super().__init__([self._button, self._power, self._state])
        self.add_class("sk-hand")
        self.serve("")

    def serve(self, port: str) -> None:
        """Hold the device of a practice port, or nothing for any other port."""
        try:
            self._device = practice_at(port) if is_practice(port) else None
        except PortMissing:  # a saved name that no device has
            self._device = None
        if self._device:
            self._device.tell_changes(self.refresh)
        self.layout.display = None if self._device else "none"
        self.refresh()

    def refresh(self) -> None:
        """Say what the device does now; another hand, a bench or an operation may have changed it."""
        shown = None
        # Threads come here at the same time: whoever writes last looks again.
        while self._device and (now := self._looks(self._device)) != shown:
            shown = now
            self._button.description, self._power.description, self._state.value = now

    def _looks(self, device: PracticeDevice) -> tuple[str, str, str]:
        """The two buttons' words, and the line beside them."""
        try:
            state, words = device.state(), say_state(device).replace(" (stub)", "")  # no word for a beginner
        except (OSError, ValueError):  # its folder is gone, or being written
            return self._button.description, self._power.description, self._state.value
        return (
            "Release button" if state.button_held else "Hold button",
            "Power off" if state.powered else "Power on",
            f'<span class="sk-quiet" role="status">{words}</span>',
        )

    def _press(self, device: PracticeDevice) -> None:
        (device.release_button if device.state().button_held else device.hold_button)()

    def _switch(self, device: PracticeDevice) -> None:
        (device.power_off if device.state().powered else device.power_on)()

    def _touch(self, action: Callable[[PracticeDevice], None]) -> None:
        if not self._device:
            return
        try:
            action(self._device)
        except DeviceInUse:
            self._state.value = "Another notebook or program has it open just now."
        else:
            self.refresh()
