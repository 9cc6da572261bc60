"""Draw a slip on a receipt printer that speaks ESC/POS, by python-escpos."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from codes.verification.slips import Slip
from web.outside_text import one_line
from web.processes.masking import masked

PRINTER_PATIENCE_SECONDS = 5

Words = Callable[[str], str]


class NoPrinter(Exception):
    """The printer cannot be used; the message says what to do."""


def blank() -> Any:
    """Return a printer that keeps what it is given. Raises NoPrinter if the library is not here."""
    try:
        from escpos.printer import Dummy
    except ImportError as error:
        raise NoPrinter("python-escpos is not installed; run: .venv/bin/pip install python-escpos") from error
    return Dummy()


def deliver(address: str, printed: bytes) -> None:
    """Send what was printed to ``tcp://host:port`` or ``file:///dev/usb/lp0``. Raises NoPrinter."""
    where = urlsplit(address)
    try:
        if where.scheme == "file":
            with Path(where.path).open("wb") as device:
                device.write(printed)
        else:
            with socket.create_connection((where.hostname, where.port), PRINTER_PATIENCE_SECONDS) as connection:
                connection.sendall(printed)
    except OSError as error:
        raise NoPrinter(f"the printer at {masked(address)} does not answer: is it on, has it paper?") from error


def print_slip(printer: Any, slip: Slip, *, point: str, time: str, words: Words, columns: int) -> None:
    """Print one slip: where and when, the number that both screens showed, the parcels."""
    rule = "-" * columns
    printer.set(align="center", bold=True, double_width=True, double_height=True)
    printer.textln(words("Handed over"))
    printer.textln(slip.match_number)
    printer.set(align="center", bold=False, normal_textsize=True)
    for line in filter(None, (point, time)):
        # What stands before a control character would be text, what stands behind it an order to the printer.
        printer.textln(one_line(line))
    printer.textln(rule)
    printer.set(align="left")
    for reference in slip.references:
        printer.textln(reference)
    printer.textln(rule)
    if len(slip.references) < slip.of:
        printer.textln(f"{len(slip.references)}/{slip.of}")
    printer.set(align="center")
    printer.textln(words("Both screens show this number"))
    printer.cut()
