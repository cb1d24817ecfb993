"""Guided backup, inspection and flashing of Sonoff switches (ESP8266/ESP8285)."""
