"""Everything that can go wrong, as one tree.

    SonoffkitError
    ├── PortError                 the cable's end at the computer
    │   ├── NoPortFound           there is no adapter
    │   ├── SeveralPortsFound     there are several: choose one
    │   ├── NoPortChosen          notebook 1 has not been done
    │   ├── PortMissing           the chosen one is not there
    │   ├── PortBusy              another program or notebook has it open
    │   ├── PortDenied            the system does not let this user have it
    │   └── PortLost              it vanished while in use
    ├── DeviceError               the device at the other end
    │   ├── NoAnswer              nothing comes back
    │   │   └── DeviceLost        it answered before, and then no more
    │   ├── GarbledAnswer         something comes back, and it is not the loader
    │   ├── WrongChip             it is no ESP8266
    │   ├── StubFailed            the flasher stub does not start
    │   ├── FlashUnreadable       the flash chip does not tell its id or its size
    │   ├── FlashStuck            the flash chip does not become ready again
    │   ├── TransferFailed        bytes break on the way, again and again
    │   ├── DeviceRefused         it answered a command with an error
    │   ├── DeviceChanged         it is not the device, or not the contents, of before
    │   ├── VerifyFailed          what is on the device is not what should be
    │   └── OutOfRange            an address or a size that the flash does not have
    ├── BackupError               the copy on disk
    │   ├── BackupNeeded          this needs a verified backup first
    │   ├── ForeignBackup         the backup is of another device
    │   ├── BackupDamaged         the file or its manifest was changed
    │   ├── BackupExists          there is a file of that name
    │   ├── BackupRunning         another program is backing up the same device
    │   └── VaultNotWritable      the disk is full, or the folder is read-only
    ├── ImageError                the firmware to be written
    │   ├── ImageUnreadable       there is no such file, or it is empty
    │   ├── ImageCompressed       it is a .gz
    │   ├── ImageInvalid          no ESP8266 image, cut off, or with a wrong checksum
    │   ├── ImageForOtherChip     it is for an ESP32
    │   ├── ImageTooBig           it does not fit
    │   ├── ImageChanged          it does not match the checksum published with it
    │   └── ImageIsPractice       it holds no program
    ├── DumpError                 the file to be looked at
    │   ├── DumpUnreadable        there is no such file
    │   ├── DumpTooBig            it is larger than any dump
    │   └── NotRedacted           a share-safe copy cannot be made, or not surely
    ├── BundleError               what a classroom without network starts from is not whole
    ├── OperationRunning          this notebook is busy with another operation
    ├── NotFinished               there is no result yet
    └── Cancelled                 you stopped it

Each carries ``.hint``: what is safe now, and what to do next.
"""

from __future__ import annotations

import textwrap

__all__ = [
    "BackupDamaged", "BackupError", "BackupExists", "BackupNeeded", "BackupRunning", "BundleError", "Cancelled",
    "DeviceChanged", "DeviceError", "DeviceLost", "DeviceRefused", "DumpError", "DumpTooBig", "DumpUnreadable",
    "FlashStuck", "FlashUnreadable", "ForeignBackup",
    "GarbledAnswer", "ImageChanged", "ImageCompressed", "ImageError", "ImageForOtherChip",
    "ImageInvalid", "ImageIsPractice", "ImageTooBig", "ImageUnreadable", "NoAnswer",
    "NoPortChosen", "NoPortFound", "NotFinished", "NotRedacted", "OperationRunning", "OutOfRange",
    "PortBusy", "PortDenied", "PortError", "PortLost", "PortMissing", "SeveralPortsFound",
    "SonoffkitError", "StubFailed", "TransferFailed", "VaultNotWritable", "VerifyFailed",
    "WrongChip",
]  # fmt: skip


TRACEBACK_WIDTH = 92  # characters: JupyterLab breaks longer lines in the middle of a word


class SonoffkitError(Exception):
    """Base of all errors of the kit.

    ``str(error)`` says what is wrong, ``error.hint`` what is safe and what to
    do next. ``usual_hint`` is the class's own; an error may carry a better one.
    """

    usual_hint = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint or self.usual_hint

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: a learner needs the words, not the stack."""
        return [
            *textwrap.wrap(f"{type(self).__name__}: {self}", TRACEBACK_WIDTH),
            "",
            *textwrap.wrap(f"What to do: {self.hint}", TRACEBACK_WIDTH),
        ]


class PortError(SonoffkitError):
    """The cable's end at the computer."""


class NoPortFound(PortError):
    """There is no adapter."""

    usual_hint = (
        "Plug the USB adapter in. If it still does not show, try another cable (many only charge) "
        "or install the adapter's driver. Without hardware, choose the practice Sonoff: practice://basic"
    )


class SeveralPortsFound(PortError):
    """There are several adapters, and none is picked for you."""

    usual_hint = "Choose one. If you don't know which, use 'find mine': unplug the adapter and plug it in again."


class NoPortChosen(PortError):
    """No port has been chosen yet."""

    usual_hint = "Open notebook 1-setup, choose a port there and come back. Nothing has been touched."


class PortMissing(PortError):
    """The port is not there."""

    usual_hint = (
        "Plug the adapter in, or choose another port in notebook 1-setup; the name can change when "
        "another USB socket is used. Nothing has been touched."
    )


class PortBusy(PortError):
    """Another program has the port open."""

    usual_hint = (
        "Close whatever else uses it: a serial monitor, a terminal with esptool or 'sonoffkit practice', "
        "another notebook. Then run this again. Nothing has been touched."
    )


class PortDenied(PortError):
    """The system does not let this user open the port."""

    usual_hint = (
        "On Linux, join the group that owns the port (often: sudo usermod -aG dialout $USER), log out and "
        "in again, and run this once more. Nothing has been touched."
    )


class PortLost(PortError):
    """The port vanished while it was in use."""

    usual_hint = (
        "Check the plug and the cable. A device that lost its power must be started again with the button "
        "held. What was saved so far is safe; run this again and it goes on."
    )


class DeviceError(SonoffkitError):
    """The device at the other end."""


class NoAnswer(DeviceError):
    """Nothing comes back from the device."""

    usual_hint = (
        "Put it into download mode: take the power away, hold its button, give it power, let the button go "
        "after two seconds. If that does not help: are RX and TX crossed, is GND connected, is there 3.3 V? "
        "Nothing has been changed on the device."
    )


class DeviceLost(NoAnswer):
    """The device answered before, and then no more."""

    usual_hint = (
        "It has probably lost its power for a moment: a weak 3.3 V supply and a loose wire are the usual causes. "
        "Power it again with the button held, and run this again. What was done so far is kept."
    )


class GarbledAnswer(DeviceError):
    """Something comes back, but it is not the loader."""

    usual_hint = (
        "The device has probably started its own firmware, or its loader talks at another speed: take the "
        "power away, hold the button, give it power. Nothing has been changed on the device."
    )


class WrongChip(DeviceError):
    """The chip is not an ESP8266 or ESP8285."""

    usual_hint = (
        "This kit is for ESP8266 and ESP8285. Newer Sonoffs (MINIR4, BASICR4 …) hold an ESP32 and need other "
        "firmware and addresses. Nothing has been changed on the device."
    )


class StubFailed(DeviceError):
    """The flasher stub could not be started."""

    usual_hint = (
        "Power the device again with the button held, then run this again. If it fails again, use shorter "
        "wires and a stronger 3.3 V supply. The flash is untouched."
    )


class FlashUnreadable(DeviceError):
    """The flash chip does not tell its id or size."""

    usual_hint = (
        "Do not erase or write on such a reading. Check the 3.3 V supply and that nothing else is connected "
        "to the board, power it again with the button held, and run this again. The flash is untouched."
    )


class FlashStuck(DeviceError):
    """The flash chip does not become ready again after an erase."""

    usual_hint = (
        "A weak 3.3 V supply is the usual cause: use a supply of its own that gives 300 mA or more, with its ground "
        "joined to the adapter's. Take the power away, power it again with the button held, and run this again. Part "
        "of the flash may be erased; the backup on disk is safe, and the loader is in ROM: the device answers again."
    )


class TransferFailed(DeviceError):
    """Bytes break on the way, again and again."""

    usual_hint = (
        "Use shorter wires, another USB socket (no hub) or a lower speed, and run this again: it goes on "
        "where it stopped. What was saved so far is safe."
    )


class DeviceRefused(DeviceError):
    """The device answered a command with an error."""

    usual_hint = "Power the device again with the button held, and run this again."


class DeviceChanged(DeviceError):
    """It is not the device, or not the contents, of before."""

    usual_hint = "Connect the device that you began with, or begin anew with this one. Nothing was mixed."


class VerifyFailed(DeviceError):
    """What is on the device is not what should be there."""

    usual_hint = (
        "Run the step again; a weak supply or long wires are the usual cause. A backup on disk is safe, "
        "and as long as the device answers in download mode it can be restored."
    )


class OutOfRange(DeviceError):
    """An address or a size that this flash does not have."""

    usual_hint = "Use an address and a size inside the flash. Nothing has been changed on the device."


class BackupError(SonoffkitError):
    """The copy on disk."""


class BackupNeeded(BackupError):
    """This step destroys what is on the device, and there is no verified backup of it."""

    usual_hint = "Make a backup first: notebook 2-backup. Nothing has been changed on the device."


class ForeignBackup(BackupError):
    """The backup is of another device, or of another size of flash."""

    usual_hint = (
        "Choose the backup of this very device. Another device's holds its identity and its radio "
        "calibration. Nothing has been changed on the device."
    )


class BackupDamaged(BackupError):
    """The backup or its manifest is not what was saved."""

    usual_hint = (
        "Do not use it. Take another copy of it, or make a new backup while the device still holds the "
        "original. Nothing has been changed on the device."
    )


class BackupExists(BackupError):
    """A file of that name exists, and backups are never overwritten."""

    usual_hint = "Choose another folder or another name. Both files are as they were."


class BackupRunning(BackupError):
    """Another program, or another notebook, is making a backup of this device into the same folder."""

    usual_hint = (
        "Wait until the other backup has finished, or stop it, and run this again: it goes on where that one "
        "stopped. Nothing has been changed."
    )


class VaultNotWritable(BackupError):
    """The backup could not be written: the disk is full, or the folder is read-only."""

    usual_hint = (
        "Free some space, or choose another folder with the SONOFFKIT_VAULT variable. What was read so far "
        "is kept; run this again and it goes on."
    )


class ImageError(SonoffkitError):
    """The firmware to be written."""

    usual_hint = "Nothing has been changed on the device. Choose another image."


class ImageUnreadable(ImageError):
    """There is no such file, or it is empty."""

    usual_hint = "Check the file's name and download it again. Nothing has been changed on the device."


class ImageCompressed(ImageError):
    """The file is a .gz, which a serial flasher must not write as it is."""

    usual_hint = (
        "A .bin.gz is for updates over the air. Unpack it first (tick 'unpack', or pass unpack=True), or take "
        "the .bin. Nothing has been changed on the device."
    )


class ImageInvalid(ImageError):
    """It is not a sound ESP8266 image."""

    usual_hint = "Download it again, and compare its checksum. Nothing has been changed on the device."


class ImageForOtherChip(ImageError):
    """The image is for another chip."""

    usual_hint = "Take the ESP8266 build of that firmware. Nothing has been changed on the device."


class ImageTooBig(ImageError):
    """The image does not fit into this flash."""

    usual_hint = "Take a smaller build (lite, minimal). Nothing has been changed on the device."


class ImageChanged(ImageError):
    """The image does not match the checksum published with it."""

    usual_hint = "Download both again; don't use this file. Nothing has been changed on the device."


class ImageIsPractice(ImageError):
    """The image is for the practice Sonoff and holds no program."""

    usual_hint = "Choose a real firmware for a real device. Nothing has been changed on the device."


class DumpError(SonoffkitError):
    """The file to be looked at."""

    usual_hint = "Choose another file. Nothing has been changed: a dump is only looked at."


class DumpUnreadable(DumpError):
    """There is no such file, or it cannot be read."""

    usual_hint = "Check the file's name and folder. Nothing has been changed."


class DumpTooBig(DumpError):
    """It is larger than any dump."""

    usual_hint = "The largest flash of an ESP8266 has 16 MB; choose the dump itself. Nothing has been changed."


class NotRedacted(DumpError):
    """A share-safe copy cannot be made, or it cannot be sure that nothing is left in it."""

    usual_hint = "Nothing was written, and the file is as it was. Do not share this dump."


class BundleError(SonoffkitError):
    """The bundle for a classroom cannot be gathered, or is not whole."""

    usual_hint = "A bundle that was there before is as it was."


class OperationRunning(SonoffkitError):
    """This notebook is busy with another operation on that port."""

    usual_hint = "Wait until it has finished, or cancel it. Nothing has been touched."


class NotFinished(SonoffkitError):
    """There is no result yet."""

    usual_hint = "Run the cell above, wait until it has finished, and run this one again."


class Cancelled(SonoffkitError):
    """You stopped it."""

    usual_hint = "What was saved so far is safe. Run it again when you like."
