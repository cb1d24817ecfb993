"""The door for terminals on every system: RFC 2217, serial over TCP, on this machine only."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import threading
import urllib.parse
from typing import Any

import serial
from serial.rfc2217 import PortManager

from .device import DeviceInUse, PracticeDevice
from .line import FTDI_LATENCY
from .port import SCHEME, register

__all__ = ["Rfc2217Door"]

LOOK_SECONDS = 0.05
# Over RFC 2217 each change of DTR or RTS takes 50 ms, with ``ign_set_control`` 100, so a board with
# automatic reset needs a slower EN to be caught with GPIO0 low (esptool issue 383).
SLOW_EN_RISE_SECONDS = 0.15


class Rfc2217Door:
    """Serves a device on a TCP port of 127.0.0.1; a new client takes over from an old one."""

    link = None  # its address stays as it is

    def __init__(
        self, device: PracticeDevice, port: int, *, realtime: bool = False, latency: float = FTDI_LATENCY
    ) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(LOOK_SECONDS)
        self.address = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self._device = device
        try:
            self._serial = _open(device, realtime, latency)
        except BaseException:
            self._listener.close()
            raise

    def serve(self, stop: threading.Event) -> None:
        """Serve one client after another until ``stop`` is set."""
        client: _Client | None = None
        try:
            while not stop.is_set():
                self._device.state()  # looking lets happen what is due: a board that was let go starts by itself
                with contextlib.suppress(TimeoutError):
                    connection, _ = self._listener.accept()
                    if client:
                        client.close()
                    client = self._client(connection)
        finally:
            if client:
                client.close()
            self._listener.close()
            self._serial.close()

    def _client(self, connection: socket.socket) -> _Client | None:
        """Someone to serve; none where the adapter is not there."""
        if not self._device.state().plugged_in:
            connection.close()
            return None
        try:
            self._serial.in_waiting  # noqa: B018  # raises where the adapter was pulled since
        except serial.SerialException:
            self._serial.close()
            self._serial.open()
        return _Client(connection, self._serial)


class _Client:
    """One TCP connection, with a thread for each direction."""

    def __init__(self, connection: socket.socket, port: serial.SerialBase) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self._serial = connection, port
        self._sending = threading.Lock()
        self._alive = True
        self._manager = PortManager(port, self)
        self._threads = [
            threading.Thread(target=self._run, args=(work,), daemon=True) for work in (self._to_host, self._from_host)
        ]
        for thread in self._threads:
            thread.start()

    def write(self, data: bytes) -> None:
        """What ``PortManager`` calls to answer."""
        with self._sending:
            self._socket.sendall(data)

    def close(self) -> None:
        self._alive = False
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _run(self, work: Any) -> None:
        # A client that goes away or talks nonsense, or an adapter that is pulled, ends the connection and nothing else.
        try:
            with contextlib.suppress(OSError, struct.error, ValueError, IndexError):
                work()
        finally:
            self._alive = False
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _to_host(self) -> None:
        while self._alive:
            data = self._serial.read(self._serial.in_waiting or 1)
            if data:
                self.write(b"".join(self._manager.escape(data)))

    def _from_host(self) -> None:
        while self._alive and (data := self._socket.recv(1024)):
            self._serial.write(b"".join(self._manager.filter(data)))


def _open(device: PracticeDevice, realtime: bool, latency: float) -> serial.SerialBase:
    register()
    options = {"home": str(device.folder), "realtime": int(realtime), "latency": latency}
    options["en_rise"] = SLOW_EN_RISE_SECONDS
    try:
        return serial.serial_for_url(f"{SCHEME}{device.name}?{urllib.parse.urlencode(options)}", timeout=LOOK_SECONDS)
    except serial.SerialException as error:
        raise DeviceInUse(device.name) if error.errno == errno.EAGAIN else error from None
