"""Asking without waiting each time: the next question is on its way while the stub works on the last."""

from __future__ import annotations

import contextlib
import struct
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from esptool.util import FatalError

from .basics import Cancel, ask_to_stop

__all__ = ["Answer", "Question", "ask_all", "checked", "fewer_round_trips"]

QUEUE = 2  # a stub works on one frame and keeps the next (it must: it answers a block of data before it wrote it)
# Between the end of one frame and its taking up, a stub hears nothing (esp-flasher-stub, ``src/slip.c``): a frame
# that follows without a pause is lost. Later ones go out on an answer, which comes long after that.
PAUSE_SECONDS = 0.003
Question = tuple[int, bytes, float]  # command number, data, seconds of patience
Answer = tuple[int, bytes]  # value word, data
REGISTER_SECONDS = 3.0  # esptool's patience


def ask_all(loader: Any, questions: Iterable[Question], cancel: Cancel | None = None) -> Iterator[Answer]:
    """The answers, in order. Where one is lost they are not to be trusted: take all, or none."""
    patience: deque[float] = deque()
    for op, data, seconds in questions:
        if len(patience) == QUEUE:
            yield loader.command(timeout=patience.popleft())
            ask_to_stop(cancel)
        elif patience:
            time.sleep(PAUSE_SECONDS)
        loader.command(op, data, wait_response=False)
        patience.append(seconds)
    for seconds in patience:
        yield loader.command(timeout=seconds)


@contextlib.contextmanager
def fewer_round_trips(loader: Any, known_in_advance: Iterable[int] = ()) -> Iterator[dict[int, int]]:
    """esptool's dialogues with registers in a third of the time: each question costs the adapter's latency.

    Writes are collected until something is read, and go with that question.
    The registers ``known_in_advance`` are read at once, before all; they come
    with their values, also for putting them back where the dialogue breaks.
    """
    dialogue = _Dialogue(loader)
    dialogue.read_in_advance(known_in_advance)
    loader.read_reg, loader.write_reg = dialogue.read, dialogue.write
    try:
        yield dialogue.known
        dialogue.send_writes()
    finally:
        del loader.read_reg, loader.write_reg


class _Dialogue:
    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._read, self._write = loader.ESP_CMDS["READ_REG"], loader.ESP_CMDS["WRITE_REG"]
        self._written = b""
        self.known: dict[int, int] = {}

    def read_in_advance(self, addresses: Iterable[int]) -> None:
        addresses = list(addresses)
        self.known = dict(zip(addresses, self._ask([self._reading(at) for at in addresses]), strict=True))

    def read(self, address: int, timeout: float = REGISTER_SECONDS) -> int:
        if address in self.known:
            return self.known[address]
        return self._ask([*self._writing(), self._reading(address, timeout)])[-1]

    def write(
        self, address: int, value: int, mask: int = 0xFFFFFFFF, delay_us: int = 0, delay_after_us: int = 0
    ) -> None:
        self._written += struct.pack("<IIII", address, value, mask, delay_us)
        if delay_after_us:  # as esptool does it: a write that changes nothing, and waits
            self._written += struct.pack("<IIII", self._loader.UART_DATE_REG_ADDR, 0, 0, delay_after_us)

    def send_writes(self) -> None:
        self._ask(self._writing())

    def _writing(self) -> list[Question]:
        data, self._written = self._written, b""
        return [(self._write, data, REGISTER_SECONDS)] if data else []

    def _reading(self, address: int, seconds: float = REGISTER_SECONDS) -> Question:
        return (self._read, struct.pack("<I", address), seconds)

    def _ask(self, questions: list[Question]) -> list[int]:
        return [checked(answer) for answer in ask_all(self._loader, questions)]


def checked(answer: Answer, size: int = 0) -> Any:
    """The value word, or the ``size`` bytes that were asked for; esptool's error where it is no such answer."""
    value, data = answer
    if len(data) != size + 2:
        raise FatalError(f"Response doesn't match request: {len(data)} bytes.")
    if data[size:] != b"\0\0":
        raise FatalError.WithResult("The device refused", data[size:])
    return data[:size] if size else value
