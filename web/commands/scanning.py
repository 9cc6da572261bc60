"""Symbols: read from pictures, or before a kiosk's camera."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from web.commands.opening import HOME, port, settings_in

if TYPE_CHECKING:
    from scanner.decoding.symbols import Symbology


def scan_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("files", nargs="+", type=Path, metavar="FILE")
    each.add_argument("--json", action="store_true", help="one JSON object a line")
    each.add_argument("--wanted", type=_kinds, metavar="KIND,…", help="kinds of symbols, such as QRCode,Code128")


def scan(options: argparse.Namespace) -> int:
    """Read the symbols in pictures, within the limits of the settings."""
    from scanner.command import scan as scan_files
    from scanner.pictures.opening import PictureLimits

    section = settings_in(options.config).scanner
    return scan_files(
        options.files,
        json=options.json,
        stdout=sys.stdout,
        stderr=sys.stderr,
        wanted=options.wanted or section.wanted,
        budget_ms=section.budget_ms,
        limits=PictureLimits(section.max_upload_bytes, section.max_pixels),
    )


def kiosk_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("--camera", required=True, help="0, /dev/video0, rtsp://…, a video file or a folder of pictures")
    each.add_argument("--service", help="address of the service (default: this computer's)")
    each.add_argument("--enrol", metavar="LINK", help="one-time link, at the first start")
    each.add_argument("--state", type=Path, help="folder for the kiosk's identity (default: kiosk in data_folder)")
    each.add_argument("--port", type=port, default=8090, help="port of the kiosk's own page (default: 8090)")
    each.add_argument("--repeat", action="store_true", help="play a file or folder again and again")
    each.add_argument("--trust", type=Path, help="certificate of the service, if it is its own")


def kiosk(options: argparse.Namespace) -> int:
    """Read codes before a camera, ask the service, and show the answer on a page of its own.

    The camera is a number, a device, a stream's address, a video file or a folder of pictures.
    """
    from scanner.kiosk import KioskSettings
    from scanner.kiosk import run as run_kiosk
    from web.processes.logs import write_logs

    settings = settings_in(options.config)
    write_logs(settings.log)
    return run_kiosk(
        KioskSettings(
            camera=options.camera,
            service=options.service or f"http://localhost:{settings.server.http_port}",
            state_folder=options.state or settings.data_folder / "kiosk",
            assets=HOME / "web" / "static",
            section=settings.scanner.kiosk,
            enrolment=options.enrol,
            port=options.port,
            repeat=options.repeat,
            trust=options.trust,
        )
    )


def _kinds(text: str) -> frozenset[Symbology]:
    from scanner.decoding.symbols import kinds_named

    try:
        return kinds_named(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
