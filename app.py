"""Doorcode's composition root: starts one command, or puts a web process together; decides nothing itself."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from web.commands.opening import STOPPED, carry_out, default_settings, open_codes, pages_address, settings_in

if TYPE_CHECKING:
    from web.http.asgi.application import AsgiApp

FEW_COLLECTIONS = 20_000
"""So many more objects than before are made until the youngest are looked through; Python's own 700 are too few."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Expected failures are one line on standard error and exit status 2; Ctrl+C is no failure."""
    # Whatever a command or its children make is their owner's alone.
    os.umask(0o077)
    # What is imported stays, and the collector would look through all of it again and again.
    gc.set_threshold(FEW_COLLECTIONS)
    # A terminal of another encoding is no reason to end in the middle.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        from web.commands.table import parse

        options = parse(default_settings(), arguments)
        os.environ["DOORCODE_CONFIG"] = str(options.config.resolve())
        return carry_out(options.command, options)
    except KeyboardInterrupt:
        return STOPPED


def service() -> AsgiApp:
    """Return the ASGI application for a web process; called by the server in each of its workers."""
    from functools import cache

    from codes.store.patience import SERVING
    from scanner.pictures.reader import ChildLimits, PictureReader
    from web.flask_app import create_service
    from web.http.asgi.application import AsgiApp
    from web.processes.logs import write_logs
    from web.processes.serving import die_with_parent
    from web.processes.slots import take_slot
    from web.services import Services
    from web.wallet.wallets import Wallets

    die_with_parent()
    settings = settings_in(Path(os.environ["DOORCODE_CONFIG"]))
    write_logs(settings.log)
    scanner = settings.scanner
    limits = ChildLimits(
        budget_ms=scanner.budget_ms,
        memory_bytes=scanner.memory_mb << 20,
        max_bytes=scanner.max_upload_bytes,
        max_pixels=scanner.max_pixels,
    )
    pictures = cache(lambda: PictureReader(children=scanner.children, limits=limits))
    codes = open_codes(settings, patience=SERVING)
    demo = os.environ.get("DOORCODE_DEMO") == "1"
    services = Services(
        codes,
        settings.server,
        settings.mail,
        scanner,
        pictures,
        pages_address(settings),
        signing_in=settings.signing_in,
        webhooks=settings.webhooks,
        printing=settings.printing,
        wallets=Wallets(settings.secrets_folder, settings.wallet),
        embedding=settings.embedding,
        demo=demo,
        process=take_slot(settings.data_folder / "processes"),
    )
    application = AsgiApp(create_service(services), services)
    # What is there now stays, so the collector need not look through it; requests leave few cycles behind.
    gc.freeze()
    return application


if __name__ == "__main__":
    sys.exit(main())
