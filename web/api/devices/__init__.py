"""What devices call: the phone at the door, the counter, the kiosk."""
