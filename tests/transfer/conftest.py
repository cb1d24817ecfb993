"""What the tests of the transfers share: a flash filled at will, and an ear on the wire."""

from __future__ import annotations

import struct

import pytest

from sonoffkit.practice.slip import RomDecoder
from sonoffkit.practice.stub_base import StubBase
from sonoffkit.session import connect

READ_FLASH, MD5, WRITE_BEGIN = 0xD2, 0x13, 0x10


class Wire:
    """What the host sends from here on, as frames."""

    def __init__(self, line, monkeypatch):
        self.frames = []
        decoder, write = RomDecoder(), line.write

        def listen(data):
            self.frames += decoder.feed(data)
            write(data)

        monkeypatch.setattr(line, "write", listen)

    @property
    def reads(self):
        """(address, size) of each read command."""
        return [struct.unpack_from("<II", f, 8) for f in self._commands(READ_FLASH)]

    @property
    def questions(self):
        """(address, size) of each region whose MD5 was asked for."""
        return [struct.unpack_from("<II", f, 8) for f in self._commands(MD5)]

    @property
    def writes(self):
        """(address, size) of each region that was written."""
        return [struct.unpack_from("<I8xI", f, 8)[::-1] for f in self._commands(WRITE_BEGIN)]

    @property
    def acknowledgements(self):
        return sum(len(frame) == 4 for frame in self.frames)

    def _commands(self, op):
        return [frame for frame in self.frames if frame[:2] == bytes([0, op])]


@pytest.fixture
def device(sonoff):
    """A connection in which nobody waits for what will not come."""
    with connect("practice://basic?hurry=1") as device:
        yield device


@pytest.fixture
def wire(device, sonoff, monkeypatch):
    return Wire(sonoff.line, monkeypatch)


@pytest.fixture
def packets(monkeypatch):
    """The address of each packet that the stub sends."""
    sent, send = [], StubBase._next_packet

    def listen(stub, reading):
        sent.append(reading.offset)
        return send(stub, reading)

    monkeypatch.setattr(StubBase, "_next_packet", listen)
    return sent


@pytest.fixture
def holds(sonoff):
    """Put bytes into the flash behind everybody's back."""

    def put(data, address=0):
        with (sonoff.folder / "flash.bin").open("r+b") as cells:
            cells.seek(address)
            cells.write(data)

    return put
