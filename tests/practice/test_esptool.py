"""The real esptool, unmodified and as a library, takes the practice Sonoff for an ESP8266."""

from __future__ import annotations

import hashlib
import random
import struct

import pytest
import serial
from esptool import cmds
from esptool.loader import StubFlasher
from esptool.targets import ESP8266ROM
from esptool.targets.esp8266 import ESP8266StubLoader
from esptool.util import FatalError

import sonoffkit.session  # noqa: F401  # installs our logger, which keeps esptool quiet
from sonoffkit.practice import MODELS, lesson_images, practice_device, register
from sonoffkit.practice.chip import Running
from sonoffkit.practice.device import _devices

register()

SECTOR, BLOCK = 0x1000, 0x10000
HELLO = lesson_images()["practice-hello.bin"]
NOISE = random.Random(1).randbytes(20_000)  # what no compression makes smaller


@pytest.fixture
def device():
    return practice_device("basic")


@pytest.fixture
def port():
    with serial.serial_for_url("practice://basic") as port:
        yield port


def detect(port, baud: int = 115200):
    return cmds.detect_chip(port, baud, connect_mode="no-reset", connect_attempts=1)


@pytest.fixture
def rom(port, device):
    """esptool's view of the ROM loader, as with ``--no-stub``."""
    loader = detect(port)
    cmds.attach_flash(loader)
    return loader


@pytest.fixture
def stub(port, device):
    """esptool's view of a running stub."""
    return started_stub(port)


def started_stub(port):
    loader = ESP8266ROM(port, 115200)  # detect_chip does more, and sleeps 0.4 seconds over it
    loader.sync()
    loader = cmds.run_stub(loader)
    cmds.attach_flash(loader)
    return loader


def written(before: bytes, address: int, data: bytes) -> bytes:
    """Flash after a write: sectors touched are erased, then the data lie in them."""
    start, end = address // SECTOR * SECTOR, -(-(address + len(data)) // SECTOR) * SECTOR
    after = bytearray(before)
    after[start:end] = b"\xff" * (end - start)
    after[address : address + len(data)] = data
    return bytes(after)


# Who is there


def test_it_is_detected_as_an_esp8266_in_its_rom_loader(rom):
    assert (rom.CHIP_NAME, rom.IS_STUB, rom.sync_stub_detected) == ("ESP8266", False, False)
    assert rom.get_chip_description() == "ESP8266EX"
    assert rom.get_crystal_freq() == 26


def test_it_has_the_mac_of_the_device(rom, device):
    assert bytes(rom.read_mac()) == device.mac


def test_its_flash_has_the_id_and_the_size_of_the_model(rom):
    assert rom.flash_id() == 0x1440EF
    assert cmds.detect_flash_size(rom) == "1MB"


def test_a_pow_r2_has_4_mb(port):
    port.close()
    port.port = "practice://pow-r2"
    port.open()
    loader = cmds.run_stub(detect(port))
    assert cmds.detect_flash_size(loader) == "4MB"


@pytest.mark.parametrize("name", MODELS)
def test_each_model_is_the_chip_and_has_the_flash_that_it_should(name):
    model = MODELS[name]
    with serial.serial_for_url(f"practice://{name}") as port:
        loader = ESP8266ROM(port, 115200)
        loader.sync()
        loader.flash_begin(0, 0)  # attaches the flash
        inside = model.chip == "ESP8285"
        assert loader.get_chip_description() == ("ESP8285N08" if inside else "ESP8266EX")
        assert ("Embedded Flash" in loader.get_chip_features()) == inside
        assert bytes(loader.read_mac()) == port.device.mac
        assert loader.flash_id() == model.flash_id
        assert cmds.detect_flash_size(loader) == {0x100000: "1MB", 0x400000: "4MB"}[model.flash_size]
        if inside:
            assert model.flash_size == 0x100000


def test_a_mini_is_detected_as_an_esp8285_with_1_mb_inside(port):
    port.close()
    port.port = "practice://mini"
    port.open()
    loader = cmds.run_stub(detect(port))
    assert (loader.CHIP_NAME, loader.get_chip_description()) == ("ESP8266", "ESP8285N08")
    assert cmds.detect_flash_size(loader) == "1MB"


def test_the_crystal_is_known_with_the_stub_too(stub):
    stub.change_baud(921600)
    assert stub.get_crystal_freq() == 26


def test_a_stub_runs_and_is_found_again(port, device):
    stub = cmds.run_stub(detect(port))
    cmds.attach_flash(stub)
    assert stub.IS_STUB
    assert device.state().running is Running.STUB
    assert (device.state().stub_generation, detect(port).sync_stub_detected) == (2, True)


def test_a_flash_without_contact_shows_in_its_id(port, device):
    device.faults.flash_id = 0xFFFFFF
    loader = detect(port)
    loader.flash_begin(0, 0)  # attaches the flash, as attach_flash does before it complains of the id
    assert loader.flash_id() == 0xFFFFFF


def test_another_chip_is_told_apart_by_its_magic(port, device):
    device.faults.chip_magic = 0x00F01D83
    assert detect(port).CHIP_NAME == "ESP32"


def test_a_device_that_runs_its_firmware_does_not_answer(port, device):
    device.power_cycle()
    with pytest.raises(FatalError, match=r"Failed to connect to .*: No serial data received"):
        detect(port)


# Reading


def test_a_full_read_is_what_the_flash_holds(stub, device):
    assert stub.read_flash(0, 0x100000) == device.contents()


@pytest.mark.parametrize(("address", "size"), [(0, 1), (0x1003, 5000), (0xFF000, SECTOR)])
def test_any_stretch_can_be_read(stub, device, address, size):
    assert stub.read_flash(address, size) == device.contents()[address : address + size]


def test_a_read_at_another_speed_is_the_same(stub, device):
    stub.change_baud(460800)
    assert device.state().baud == 460800
    assert stub.read_flash(0, 3 * SECTOR) == device.contents()[: 3 * SECTOR]


def test_a_stub_left_at_another_speed_is_reached_there_without_a_reset(stub, port):
    stub.change_baud(460800)
    port.close()
    port.open()
    assert detect(port, 460800).sync_stub_detected


def test_the_rom_cannot_read_flash(rom):
    with pytest.raises(FatalError, match="ROM does not support function read_flash_slow"):
        rom.read_flash(0, SECTOR)


def test_an_adapter_pulled_in_a_read_ends_it(stub, device):
    device.faults.unplug_after = 10_000
    with pytest.raises(serial.SerialException, match="device disconnected"):
        stub.read_flash(0, BLOCK)


def test_a_bit_that_flips_on_the_way_does_not_go_unnoticed(stub, device):
    device.faults.flip_after = 1000  # blank flash, so that no flip makes an end mark
    with pytest.raises(FatalError, match="Digest mismatch"):
        stub.read_flash(0xF0000, 2 * SECTOR)
    assert stub.read_flash(0xF0000, 2 * SECTOR) == b"\xff" * 2 * SECTOR


def test_a_read_that_was_broken_off_goes_on_after_the_port_was_closed(stub, port, device):
    """The stub waits in its read loop for an acknowledgement: the next esptool has to reckon with that."""
    stub.check_command("read flash", stub.ESP_CMDS["READ_FLASH"], struct.pack("<4I", 0, 2 * SECTOR, SECTOR, 1))
    assert stub.read() == device.contents()[:SECTOR]
    port.close()
    port.open()
    again = ESP8266StubLoader(ESP8266ROM(port, 115200))
    again.write(struct.pack("<I", SECTOR))
    assert again.read() == device.contents()[SECTOR : 2 * SECTOR]
    again.write(struct.pack("<I", 2 * SECTOR))
    assert again.read() == hashlib.md5(device.contents()[: 2 * SECTOR]).digest()


# Writing


@pytest.mark.parametrize("way", [{"compress": True}, {"no_compress": True}])
@pytest.mark.parametrize(("address", "data"), [(0, HELLO), (0x30000, NOISE), (0xFF000, b"four")])
def test_what_is_written_is_there_and_nothing_else_changed(stub, device, way, address, data):
    before = device.contents()
    cmds.write_flash(stub, [(address, data)], **way)
    assert device.contents() == written(before, address, data)


def test_a_write_to_several_places_is_one_command(stub, device):
    before = device.contents()
    cmds.write_flash(stub, [(0, HELLO), (0x20000, NOISE)])
    assert device.contents() == written(written(before, 0, HELLO), 0x20000, NOISE)


def test_a_header_is_patched_if_asked_and_kept_if_not(stub, device):
    cmds.write_flash(stub, [(0, HELLO)])
    assert device.contents()[2:4] == HELLO[2:4]
    cmds.write_flash(stub, [(0, HELLO)], flash_mode="dout", flash_size="1MB")
    assert (device.contents()[2], device.contents()[3] >> 4) == (3, 2)


@pytest.mark.parametrize(("address", "size"), [(0, 36_000), (0xE000, 3 * SECTOR), (0x1F000, 70_000)])
def test_the_rom_writes_too_and_esptools_detour_keeps_its_erase_bug_away(rom, device, address, size):
    before, data = device.contents(), random.Random(address).randbytes(size)
    cmds.write_flash(rom, [(address, data)])
    after = device.contents()
    assert after[address : address + size] == data
    assert after[:address] == before[:address]
    # The detour is exact up to one sector, where an odd number of them was asked for.
    end = -(-(address + size) // SECTOR) * SECTOR
    assert after[end + SECTOR :] == before[end + SECTOR :]


def test_after_a_write_through_the_rom_the_loader_still_listens(rom, port, device):
    cmds.write_flash(rom, [(0, HELLO)])
    assert device.state().running is Running.ROM
    assert detect(port).CHIP_NAME == "ESP8266"


def test_verify_tells_the_same_from_the_different(stub):
    cmds.write_flash(stub, [(0, HELLO)])
    cmds.verify_flash(stub, [(0, HELLO)])
    with pytest.raises(FatalError, match="Verification failed"):
        cmds.verify_flash(stub, [(0, HELLO[:-1] + b"\xee")])


# Erasing


def test_an_erased_flash_is_blank(stub, device):
    cmds.erase_flash(stub)
    assert device.contents() == b"\xff" * 0x100000


def test_an_erased_region_is_blank_and_nothing_else_changed(stub, device):
    before = device.contents()
    cmds.erase_region(stub, 0xF000, BLOCK + 2 * SECTOR)
    assert device.contents() == before[:0xF000] + b"\xff" * (BLOCK + 2 * SECTOR) + before[0xF000 + BLOCK + 2 * SECTOR :]


def test_the_digest_of_a_blank_region_is_that_of_ff(stub, device):
    assert stub.flash_md5sum(0x90000, BLOCK) == "ecb99e6ffea7be1e5419350f725da86b"
    assert device.contents()[0x90000 : 0x90000 + BLOCK] == b"\xff" * BLOCK


# Status registers, and flash that is worn out


def protect(stub, status: int, kept: bool) -> None:
    stub.write_status(status, num_bytes=2, set_non_volatile=kept)


def started_again(port, device):
    """A stub after a power cycle."""
    device.hold_button()
    device.power_cycle()
    port.reset_input_buffer()
    return started_stub(port)


@pytest.mark.parametrize("kept", [True, False])
def test_a_status_is_read_back_and_outlives_the_power_if_it_was_written_to_stay(stub, port, device, kept):
    assert stub.read_status() == 0
    protect(stub, 0x0204, kept)
    assert (stub.read_status(), stub.read_status(1), stub.read_status(3)) == (0x0204, 0x04, 0x0204)
    again = started_again(port, device)
    assert again.read_status() == (0x0204 if kept else 0)
    assert device.state().flash_status == (0x0204 if kept else 0)


def test_a_status_outlives_the_program_too(stub, port, device):
    protect(stub, 0x0204, True)
    port.close()
    _devices.clear()
    with serial.serial_for_url("practice://basic") as port:
        assert port.device is not device
        assert started_again(port, port.device).read_status() == 0x0204


def test_a_passing_status_hides_a_kept_one_until_the_power_is_cut(stub, port, device):
    protect(stub, 0x0204, True)
    protect(stub, 0x0008, False)
    assert stub.read_status() == 0x0008
    assert started_again(port, device).read_status() == 0x0204


def test_bits_that_nobody_can_write_stay_as_they_are(stub):
    protect(stub, 0xFFFF, False)
    assert stub.read_status() == 0x03BC


def test_what_is_protected_is_not_erased_by_the_stub(stub, device):
    protect(stub, 0x0004, True)  # the last 64 KiB
    before = device.contents()
    cmds.erase_region(stub, 0xEF000, 2 * SECTOR)
    assert device.contents() == before[:0xEF000] + b"\xff" * SECTOR + before[0xF0000:]


def test_the_rom_takes_the_protection_away_when_it_attaches_the_flash(stub, port, device):
    protect(stub, 0x0004, True)
    device.hold_button()
    device.power_cycle()
    port.reset_input_buffer()
    rom = ESP8266ROM(port, 115200)
    rom.sync()
    cmds.attach_flash(rom)
    assert (rom.read_status(), device.state().flash_status) == (0, 0)


def test_a_flash_that_stays_busy_says_so_until_it_is_healed_and_its_power_was_cut(stub, port, device):
    before = device.contents()
    device.faults.stuck_busy = True
    assert stub.read_status() == 0  # not before a write
    with pytest.raises(FatalError, match="erase region"):
        stub.erase_region(0, SECTOR)
    assert (stub.read_status(), device.contents()) == (1, before)
    device.faults.stuck_busy = False
    assert stub.read_status() == 1
    again = started_again(port, device)
    assert again.read_status() == 0
    again.erase_region(0, SECTOR)
    assert device.contents() == b"\xff" * SECTOR + before[SECTOR:]


def test_a_bad_sector_shows_when_what_was_written_is_compared(stub, device):
    before = device.contents()
    device.faults.bad_sector = 0x31000
    with pytest.raises(FatalError, match="MD5 of file does not match data in flash"):
        cmds.write_flash(stub, [(0x30000, NOISE)])
    assert device.contents()[0x30000:0x31000] == NOISE[:SECTOR]
    assert device.contents()[0x31000:0x32000] == before[0x31000:0x32000]
    assert device.contents()[0x32000 : 0x30000 + len(NOISE)] == NOISE[2 * SECTOR :]


# Leaving


@pytest.mark.parametrize(("mode", "running"), [("no-reset-stub", Running.STUB), ("soft-reset", Running.STUB)])
def test_the_new_stub_goes_on_running_whatever_is_asked(stub, device, mode, running):
    cmds.reset_chip(stub, mode)
    assert device.state().running is running


def test_the_rom_starts_the_firmware_at_a_soft_reset(rom, device):
    cmds.reset_chip(rom, "soft-reset")
    assert device.state().running is Running.FIRMWARE


# esptool's stub before 5.3


@pytest.fixture
def old_stub(monkeypatch, port, device):
    monkeypatch.setattr(StubFlasher, "STUB_SUBDIRS", ["1", "2"])
    return started_stub(port)


def test_the_old_stub_reads_and_erases_as_well(old_stub, device):
    assert device.state().stub_generation == 1
    before = device.contents()
    assert old_stub.read_flash(0x1000, 5000) == before[0x1000 : 0x1000 + 5000]
    old_stub.change_baud(230400)
    cmds.erase_region(old_stub, SECTOR, SECTOR)
    assert device.contents() == before[:SECTOR] + b"\xff" * SECTOR + before[2 * SECTOR :]
    cmds.erase_flash(old_stub)
    assert device.contents() == b"\xff" * 0x100000


@pytest.mark.parametrize("way", [{"compress": True}, {"no_compress": True}])
def test_the_old_stub_writes_what_this_esptool_begins_with_five_words(old_stub, device, way):
    before = device.contents()
    cmds.write_flash(old_stub, [(0, HELLO)], **way)
    assert device.contents() == written(before, 0, HELLO)


def test_the_old_stub_writes_what_it_is_told_in_four_words(old_stub, device):
    before, data = device.contents(), NOISE[:0x4000]
    words = struct.pack("<4I", len(data), 1, 0x4000, 0x30000)
    old_stub.check_command("begin", old_stub.ESP_CMDS["FLASH_BEGIN"], words)
    old_stub.flash_block(data, 0)
    assert old_stub.flash_md5sum(0x30000, len(data)) == hashlib.md5(data).hexdigest()
    assert device.contents() == written(before, 0x30000, data)


def test_the_old_stub_starts_the_firmware_at_a_soft_reset(old_stub, device):
    cmds.reset_chip(old_stub, "soft-reset")
    assert device.state().running is Running.FIRMWARE
