"""What a chip says when it starts: the boot ROM's words, computed from what is in flash, then its firmware's first.

The ROM's formats and steps are those of its disassembly (trebisky/esp8266,
``reverse/bootrom/boot.txt``), and give the public logs of the same images.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from .flash import SECTOR, NorFlash
from .images import EBOOT, PRACTICE_MARK
from .slip import checksum

__all__ = ["BOOT_LOG_BAUD", "ResetCause", "banner", "boot_from_flash"]

# The ROM means 115200 with a 40 MHz crystal; all modules have 26 MHz.
BOOT_LOG_BAUD = 74880
SKETCH_BAUD = 115200  # what a lesson image sets, as most sketches do

DOWNLOAD_MODE, FLASH_MODE = 1, 3  # GPIO15, GPIO0, GPIO2 as a number: 001, 011
SDIO_PINS = 7  # the second number: nothing hangs on these pins

IMAGE, USER_IMAGE = 0xE9, 0xEA
RF_INIT = 0x05  # the first byte of ``esp_init_data``
READ_BLOCK, HEADER_SIZE = 16, 8  # the ROM reads flash in steps of 16 bytes
ROM_REACH = 0x400000  # the flash that the ROM takes for granted; beyond it a read fails
RAM_STARTS = (0x3FF, 0x401)  # a load address elsewhere stops the ROM
# The ROM means to name a line too, but trips over its own format and stops there.
GIVEN_UP = b"ets_main.c "

Words = tuple[bytes, int | None]  # what is said, and its baud; None: at the speed in force


class ResetCause(IntEnum):
    """The first number that the ROM tells."""

    POWER = 1
    EXTERNAL = 2  # the EN pin; waking from deep sleep too
    SOFTWARE = 3
    WATCHDOG = 4


@dataclass(frozen=True)
class _Segment:
    address: int
    data: bytes


def banner(cause: int, *, download: bool) -> bytes:
    """The ROM's first line: why it starts, and what the pins told it."""
    mode = DOWNLOAD_MODE if download else FLASH_MODE
    return b"\r\n ets Jan  8 2013,rst cause:%d, boot mode:(%d,%d)\r\n\r\n" % (cause, mode, SDIO_PINS)


def boot_from_flash(flash: NorFlash, *, backup: bool = False) -> Iterator[Words]:
    """What is said from then on: by the ROM, and if it finds a sound image, by that.

    ``backup``: as after a first image that did not start.
    """
    if flash.read(0, 1)[0] != IMAGE:
        yield GIVEN_UP, None
        return
    segments: list[_Segment] = []
    for words, segment in _load(flash):
        yield words, None
        segments += [segment] if segment else []
    if len(segments) == flash.read(1, 1)[0]:
        stored, computed = _checksums(flash, segments)
        yield b"csum 0x%02x\r\n" % computed, None
        if stored == computed:
            yield from _first_words(flash, segments, backup=backup)
        else:
            yield b"csum err\r\n" + GIVEN_UP, None


def _load(flash: NorFlash) -> Iterator[tuple[bytes, _Segment | None]]:
    """Each segment as the ROM loads it, and what it says of it."""
    at, count, running = 8, flash.read(1, 1)[0], checksum(b"")
    head = 0  # how much of a read block the next segment's header used: the image's own filled the first
    for n in range(count):
        address, size = struct.unpack("<II", flash.read(at, 8))
        room = READ_BLOCK - head
        line = b"load 0x%08x, len %d, room %d \r\n" % (address, size - (size >> 31 << 32), room)
        if at + 8 + size > ROM_REACH:
            yield line + b"flash read err, ets_unpack_flash_code\r\n" + GIVEN_UP, None
            return
        if size and address >> 20 not in RAM_STARTS:
            yield line, None  # it writes where no RAM is: that was its last word
            return
        data = flash.read(at + 8, size)
        running ^= checksum(data) ^ checksum(b"")
        head, tail = (0, (size - room) % READ_BLOCK) if size >= room else (head, size)
        line += b"tail %d\r\nchksum 0x%02x\r\n" % (tail, running)
        head, more = _next_head(head, tail)
        yield line + (more if n + 1 < count else b""), _Segment(address, data)
        at += 8 + size


def _next_head(head: int, tail: int) -> tuple[int, bytes]:
    """Where the next segment's header ends in its block; a line more where it runs over into another."""
    rest = READ_BLOCK - (head + tail)
    if rest >= HEADER_SIZE:
        return head + tail + HEADER_SIZE, b""
    return HEADER_SIZE - rest, b"ho %d tail %d room %d\r\n" % (head, tail, rest)


def _checksums(flash: NorFlash, segments: list[_Segment]) -> tuple[int, int]:
    """The checksum that stands at the end of the image (padded to 16 bytes), and the one that its segments have."""
    end = HEADER_SIZE + sum(HEADER_SIZE + len(segment.data) for segment in segments)
    stored = flash.read(end | 15, 1)[0]
    return stored, checksum(b"".join(segment.data for segment in segments))


# What follows the ROM


def _first_words(flash: NorFlash, segments: list[_Segment], *, backup: bool) -> Iterator[Words]:
    loaded = b"".join(segment.data for segment in segments)
    version = re.search(rb"2nd boot version : ?(\d+\.\d+(?:\(\w+\))?)", loaded)
    if version:
        yield from _second_boot(flash, version[1], aligned=b"  SPI Speed      : " in loaded, backup=backup)
    elif segments and segments[0].address == EBOOT and flash.read(SECTOR, 1)[0] == IMAGE:
        # Its "version" is the word where newer cores put the length of the whole image.
        yield b"v%08x\r\n~ld\r\n" % int.from_bytes(flash.read(SECTOR + 0x10, 4), "little"), None
        yield from _own_words(flash.read(SECTOR, 0x10000), SKETCH_BAUD)
    else:
        yield from _own_words(loaded, SKETCH_BAUD)


SPEEDS = {0x0: b"40MHz", 0x1: b"26.7MHz", 0x2: b"20MHz", 0xF: b"80MHz"}
MODES = {0: b"QIO", 1: b"QOUT", 2: b"DIO", 3: b"DOUT"}
MAPS = {
    0: b"4Mbit(256KB+256KB)",
    1: b"2Mbit",
    2: b"8Mbit(512KB+512KB)",
    3: b"16Mbit(512KB+512KB)",
    4: b"32Mbit(512KB+512KB)",
    5: b"16Mbit(1024KB+1024KB)",
    6: b"32Mbit(1024KB+1024KB)",
}
SIZES = {0: 0x80000, 1: 0x40000, 2: 0x100000, 3: 0x200000, 4: 0x400000, 5: 0x200000, 6: 0x400000}
SECOND_SLOT = {0: 0x41000, 5: 0x101000, 6: 0x101000}


def _second_boot(flash: NorFlash, version: bytes, *, aligned: bool, backup: bool) -> Iterator[Words]:
    """Espressif's boot loader: what the header says of the flash, and which of the two images it starts."""
    mode, size_and_speed = flash.read(2, 2)
    size_code = size_and_speed >> 4
    speed, spi_mode = (b"  SPI Speed      : ", b"  SPI Mode       : ") if aligned else (b"SPI Speed : ", b"SPI Mode : ")
    yield b"\r\n2nd boot version : " + version + b"\r\n", None
    yield speed + SPEEDS.get(size_and_speed & 0xF, b"") + b"\r\n", None
    yield spi_mode + MODES.get(mode, b"") + b"\r\n", None
    yield (b"  " if aligned else b"") + b"SPI Flash Size & Map: " + MAPS.get(size_code, b"") + b"\r\n", None
    size = SIZES.get(size_code, flash.size)
    slot = _slot(flash, size) ^ (3 if backup else 0)
    address = SECTOR if slot == 1 else SECOND_SLOT.get(size_code, 0x81000)
    yield b"jump to run user%d @ %x\r\n\r\n" % (slot, address), None
    if flash.read(address, 1)[0] not in (IMAGE, USER_IMAGE):
        yield from _bad_user_image(flash, last=backup or slot == 2)
        return
    image = flash.read(address, 0x80000)
    if b"rf cal sector: %d" in image:
        yield b"rf cal sector: %d\r\n" % (size // SECTOR - 5), None
        first = flash.read(size - 4 * SECTOR, 1)[0]
        if first != RF_INIT:  # the radio's first settings are missing, and the SDK goes no further
            yield b"rf_cal[0] !=0x05,is 0x%02X\r\n" % first, None
            return
    yield from _own_words(image, None)


def _bad_user_image(flash: NorFlash, *, last: bool) -> Iterator[Words]:
    """What Espressif's boot loader does about an image that is none (public logs of 1.5 to 1.7)."""
    if last:
        yield b"error magic!\r\nbackup boot failed.\r\n\r\nuser code done\r\n", None
        return
    yield b"error magic!\r\nfirst boot failed, reboot to try backup bin\r\n\r\n", None
    yield banner(ResetCause.WATCHDOG, download=False) + b"wdt reset\r\n", BOOT_LOG_BAUD
    for words, baud in boot_from_flash(flash, backup=True):  # a reset: whatever the speed was, it is the ROM's again
        yield words, baud or BOOT_LOG_BAUD


def _slot(flash: NorFlash, size: int) -> int:
    """1 or 2: the system parameters' first two bits, in the copy that the flag sector names."""
    bank = flash.read(size - SECTOR, 1)[0]
    parameters = flash.read(size - (2 if bank == 1 else 3) * SECTOR, 1)[0]
    return 2 if parameters & 0x03 == 1 else 1


def _own_words(image: bytes, baud: int | None) -> Iterator[Words]:
    """What an image for practice says of itself; others would have to be executed, which is not done here."""
    said = re.search(re.escape(PRACTICE_MARK) + rb"\0([^\0]*)\0", image)
    if said:
        yield said[1].replace(b"\n", b"\r\n"), baud
