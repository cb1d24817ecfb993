"""The flash of a device as it comes from the maker, built by rule and without a byte of anybody's.

The layout is that of stock eWeLink firmware on Espressif's 512+512 map:

    0x000000  boot loader            0x07C000  relay and timer state, copies A, B, flag
    0x001000  user1 (runs)           0x07F000  certificate record
    0x078000  settings A, B, flag    0x081000  user2 (blank), 0x0F8000 an unexplained leftover
    size-5 sectors  RF calibration, PHY init data, system parameters A, B, flag

Names, keys and networks in it are fictional, and differ with the MAC.
"""

from __future__ import annotations

import hashlib
import random
import struct

from .code_like import code_like, text_block
from .flash import SECTOR
from .images import DOUT, DRAM, IRAM, PRACTICE_MARK, Segment, boot_image, user_image
from .models import Model
from .slip import checksum

__all__ = ["Network", "factory_image", "factory_network"]

USER1_END = 0x64474  # where a stock 1 MB image ends: what comes after is blank
IRAM_SIZE, DRAM_SIZE = 0x7000, 0x0B00
# By this line a boot loader of Espressif's is known, and says what it is.
BOOT_WORDS = b"2nd boot version : 1.6\n\0  SPI Speed      : \0"
FLAG_SUM_LENGTH = 0x20
AP_PASSWORD = b"12345678"  # as the maker sets it on every device
SYSTEM_PARAMETERS_SIZE = 0x4A4


class Network:
    """The fictional Wi-Fi that a device knows."""

    def __init__(self, mac: bytes) -> None:
        rng = random.Random(mac)
        self.ssid = f"Practice-Home-{rng.randrange(100, 1000)}"
        self.password = "pw-" + "".join(rng.choices("abcdefghjkmnpqrstuvwxyz23456789", k=12))
        self.bssid = bytes([0x02]) + rng.randbytes(5)  # 02: a local address, nobody's

    def __repr__(self) -> str:
        return f"<Network {self.ssid}, password masked>"

    @property
    def pmk(self) -> bytes:
        return pmk_of(self.ssid.encode(), self.password.encode())


def pmk_of(ssid: bytes, password: bytes) -> bytes:
    """The 32-byte pairwise master key of a network, as WPA2 derives it."""
    return hashlib.pbkdf2_hmac("sha1", password, ssid, 4096, 32)


def factory_network(mac: bytes) -> Network:
    """The network in the factory image of this MAC (6 bytes)."""
    return Network(mac)


def factory_image(model: Model, mac: bytes) -> bytes:
    """The whole flash of a new device, ``model.flash_size`` bytes; the same for the same MAC."""
    rng = random.Random(b"factory" + mac)
    size = model.flash_size
    settings = _settings(model, mac, rng)
    relay = bytes([1, 0, 0, 0]) + rng.randbytes(4) + bytes(24)
    parameters = _system_parameters(mac)
    parts = {
        0x000000: _boot_sector(size),
        0x001000: _user1(mac),
        0x078000: settings,
        0x079000: settings,
        0x07A000: b"\x00",  # copy A is valid
        0x07C000: relay,
        0x07D000: relay,
        0x07E000: b"\x00",
        0x07F000: _certificate(rng),
        0x0F8000: _leftover(mac),
        size - 5 * SECTOR: _rf_calibration(rng),
        size - 4 * SECTOR: _phy_init(),
        size - 3 * SECTOR: parameters,
        size - 2 * SECTOR: parameters,
        size - 1 * SECTOR: _flag_sector(parameters),
    }
    image = bytearray(b"\xff" * size)
    for address, data in parts.items():
        image[address : address + len(data)] = data
    return bytes(image)


def _boot_sector(size: int) -> bytes:
    segments = [
        Segment(IRAM, code_like(2408, "boot iram")),
        Segment(DRAM, BOOT_WORDS + text_block(776 - len(BOOT_WORDS), "boot dram")),
        Segment(DRAM + 0x310, code_like(632, "boot data")),
    ]
    return boot_image(segments, mode=DOUT, flash_size=size)


def _user1(mac: bytes) -> bytes:
    ram = [
        Segment(IRAM, code_like(IRAM_SIZE, "iram" + mac.hex())),
        Segment(DRAM, text_block(DRAM_SIZE, "dram")),
    ]
    room = USER1_END - 0x1000 - IRAM_SIZE - DRAM_SIZE - 0x50
    words = b"practice-maker.example\0Sec-WebSocket-Key: practice==\0rf cal sector: %d\n\0"
    words += PRACTICE_MARK + b"\0practice-maker firmware 1.6.0, the relay is off\n\0"
    irom = words + text_block(0x6000, "rodata") + code_like(room - 0x6000 - len(words), "irom" + mac.hex())
    return user_image(irom, ram)


def _settings(model: Model, mac: bytes, rng: random.Random) -> bytes:
    """The maker's settings record, fields where stock firmware has them."""
    network = factory_network(mac)
    device_id = f"1000{rng.randrange(16**6):06x}"
    block = bytearray(0x400)
    fields: dict[int, bytes] = {
        0x00: network.ssid.encode(),
        0x20: network.password.encode(),
        0x67: model.stock_model.encode(),
        0x7C: device_id.encode(),
        0x87: _uuid(rng).encode(),
        0xAC: mac,
        0xB2: bytes([mac[0] | 2]) + mac[1:],
        0xB8: bytes([10, 10, 7, 1, 255, 255, 255, 0, 10, 10, 7, 1]),
        0xC4: f"ITEAD-{device_id}".encode(),
        0xE4: AP_PASSWORD,
        0x134: b"eu-disp.practice-maker.example",
        0x178: b"1500000000000",
        0x1BC: _uuid(rng).encode(),
    }
    for offset, data in fields.items():
        block[offset : offset + len(data)] = data
    return bytes(block)


def _uuid(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _certificate(rng: random.Random) -> bytes:
    """A record with a name and what looks like a DER certificate; it certifies nothing."""
    names = b"practice-maker.example" + b"Practice CA"
    body = b"\x02\x01\x01" + names + rng.randbytes(700)
    der = b"\x30\x82" + struct.pack(">H", len(body)) + body
    return b"practice-ca.cer".ljust(32, b"\0") + struct.pack("<H", len(der)) + der


def _leftover(mac: bytes) -> bytes:
    """A sector of bytes without any order, as some real dumps have one there; nobody published what theirs is."""
    return random.Random(b"leftover" + mac).randbytes(SECTOR)


def _rf_calibration(rng: random.Random) -> bytes:
    return bytes([0x05]) + rng.randbytes(511)


def _phy_init() -> bytes:
    """128 bytes; the first two say "version 8", the rest is made up."""
    return bytes([0x05, 0x08]) + bytes((n * 7) % 64 for n in range(126))


def _system_parameters(mac: bytes) -> bytes:
    """The SDK's ``wl_profile``: station, access point, and the network with its PMK."""
    network = factory_network(mac)
    ssid, password = network.ssid.encode(), network.password.encode()
    block = bytearray(b"\xff" * SYSTEM_PARAMETERS_SIZE)
    block[0:2] = b"\xfc\xe6"  # user1 runs, boot loader 1.6
    block[8] = 1  # station
    struct.pack_into("<I32s", block, 0x0C, len(ssid), ssid)
    struct.pack_into("<65s", block, 0x37, password)
    block[0x78:0x98] = network.pmk
    block[0x98] = 6  # channel
    block[0xA9] = 1
    block[0xAA:0xB0] = network.bssid
    ap = f"ESP_{mac[3:].hex().upper()}".encode()
    struct.pack_into("<I32s65s", block, 0xB0, len(ap), ap, AP_PASSWORD)
    block[0x115:0x135] = pmk_of(ap, AP_PASSWORD)
    block[0x13C:0x13E] = b"\x01\x00"  # one saved network, the first is in use
    struct.pack_into("<I32s64s", block, 0x140, len(ssid), ssid, password)
    block[0x340] = 1  # connects by itself
    block[0x3E4:0x404] = network.pmk
    block[0x492:0x498] = mac
    return bytes(block)


def _flag_sector(parameters: bytes) -> bytes:
    """Tells which copy of the system parameters is valid (A), with a checksum of each."""
    check = checksum(parameters[:FLAG_SUM_LENGTH])
    return struct.pack(
        "<I4sIIIII4s",
        0, bytes.fromhex("aa55aa55"), 3, FLAG_SUM_LENGTH, FLAG_SUM_LENGTH, check, check,
        bytes.fromhex("55aa55aa"),
    )  # fmt: skip
