"""Found by pyserial once this package is among ``serial.protocol_handler_packages``."""
