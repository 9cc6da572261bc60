"""Parcels: announced one by one or from a file, blocked and let go; what the policy says; and a week of samples."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from web.commands.opening import SETTINGS, STOPPED, now, opened, settings_in

if TYPE_CHECKING:
    from uuid import UUID

    from codes import Announcement
    from codes.life.blocking import Blocker
    from codes.store.transaction import Transaction

PARCEL_OPTIONS = {
    "email": "the recipient's address",
    "language": "the recipient's language, such as de",
    "postcode": "the recipient's postcode",
    "street": "the recipient's street and house number",
    "city": "the recipient's city",
    "note": "what the driver has to know to find the door, such as 'bell at the back'",
    "phone": "the recipient's phone number, such as +4930123456",
    "sender": "the sender's name",
    "value": "declared value, such as 129.90",
    "currency": "its currency, such as EUR",
    "destination": "address, pickup_point, locker or po_box",
    "gift": "true or false",
    "consignment": "what parcels sent together have in common",
    "sender-wish": "true or false: the sender's own wish for a code",
}


def issue_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("reference", help="tracking number")
    each.add_argument("--name", required=True, help="the recipient's name")
    for name, text in PARCEL_OPTIONS.items():
        each.add_argument(f"--{name}", help=text)


def issue(options: argparse.Namespace) -> int:
    """Announce one parcel from the command line."""
    from web.importing.headings import COLUMNS
    from web.importing.parcel_files import parcel_from_cells

    cells = {name: str(value) for name in COLUMNS if (value := getattr(options, name)) is not None}
    return _announce(options, lambda: [parcel_from_cells(cells, settings_in(options.config).house.country)])


def import_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("file", type=Path, help="CSV with a heading line")
    each.add_argument(
        "--map", metavar="COLUMN=HEADING,…", help="which column is what: reference=Tracking,name=Customer"
    )
    each.add_argument("--encoding", type=_encoding, help="how its letters are encoded, where the file does not say it")
    each.add_argument("--dry-run", action="store_true", help="announce nothing; say what would be, and what is wrong")


def _encoding(name: str) -> str:
    """Read an encoding, by whichever of its names it is called."""
    import codecs

    from web.importing.csv_reading import ENCODINGS

    try:
        meant = codecs.lookup(name).name
    except LookupError:
        meant = ""
    found = next((each for each in ENCODINGS if codecs.lookup(each).name == meant), None)
    if found is None:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(ENCODINGS)}")
    return found


def import_file(options: argparse.Namespace) -> int:
    """Announce the parcels of a CSV file, or only say what would be announced; stopped, the same goes on later."""
    from web.commands.announcing import dry_run
    from web.importing.parcel_files import parse_mapping, read_parcels

    mapping = parse_mapping(options.map) if options.map else None
    settings = settings_in(options.config)
    if options.dry_run:
        return dry_run(options.file, mapping, settings, options.encoding)
    return _announce(options, lambda: read_parcels(options.file, mapping, settings.house.country, options.encoding))


def reference_argument(each: argparse.ArgumentParser) -> None:
    """Add what `block` and `unblock` take."""
    each.add_argument("reference", help="tracking number")


def block(options: argparse.Namespace) -> int:
    """Block a parcel: nobody receives it, whatever code they have, until it is unblocked."""
    from codes.life import blocking

    _with_parcel(options, blocking.block)
    return 0


def unblock(options: argparse.Namespace) -> int:
    """Let a blocked parcel go again, with the code that it has."""
    from codes.life import blocking

    _with_parcel(options, blocking.unblock)
    return 0


def policy_arguments(each: argparse.ArgumentParser) -> None:
    which = each.add_mutually_exclusive_group(required=True)
    which.add_argument("--explain", type=Path, metavar="PARCEL.json", help="one parcel in JSON, as the API takes it")
    which.add_argument("--csv", type=Path, metavar="FILE.csv", help="many parcels, with counts by reason")
    each.add_argument("--encoding", type=_encoding, help="how its letters are encoded, where the file does not say it")


def policy(options: argparse.Namespace) -> int:
    """Show what the policy decides, without announcing anything.

    With --explain for one parcel in JSON as the API takes it, with --csv for a file, with counts.
    """
    from web.commands.announcing import explain_file, explain_parcel

    settings = settings_in(options.config)
    lines = (
        explain_parcel(options.explain, settings)
        if options.explain
        else explain_file(options.csv, settings, options.encoding)
    )
    print("\n".join(lines))
    return 0


def demo_week_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("--into", type=Path, metavar="FOLDER", default=Path("var/demo-week"), help="a folder of its own")


def demo_week(options: argparse.Namespace) -> int:
    """Fill a store of its own with a plausible week of sample parcels, and say how to look at it."""
    from web.commands.demo.week import StoryClock, forget_folder, prepare_folder, refuse_other_store, tell_week
    from web.commands.progress import progress
    from web.commands.service.starting import first_administrator
    from web.configuration import BadConfiguration

    folder = options.into
    refuse_other_store(os.environ)
    if folder.exists():
        if not (folder / SETTINGS).is_file():
            raise BadConfiguration(f"{folder} is there, and is no week of samples; name another folder with --into")
        print(f"{folder} is there already; remove it to begin anew.")
    else:
        clock = StoryClock(now())
        settings = settings_in(prepare_folder(options.config, folder))
        with progress("days") as working:
            finished = False
            try:
                with opened(settings, clock) as codes:
                    # Before the week takes people on: the first start makes an administrator only where nobody is.
                    first_administrator(codes, settings.secrets_folder)
                    finished = tell_week(codes, clock, working)
            finally:
                if not finished:
                    forget_folder(folder)
        if not finished:
            return STOPPED
    print(f"Look at it with: .venv/bin/python app.py --config {folder / 'config.yaml'} run")
    return 0


def _with_parcel(options: argparse.Namespace, use_case: Callable[[Transaction, UUID, Blocker], bool]) -> None:
    from codes.life.blocking import Blocker, Part
    from codes.life.parcel_records import find_parcel
    from codes.store.parcel_rows import UnknownParcel

    with opened(settings_in(options.config)) as codes:
        parcel = codes.read(find_parcel, options.reference)
        if parcel is None:
            raise UnknownParcel(f"no parcel {options.reference} was announced")
        changed = codes.write(use_case, parcel.parcel_id, Blocker(Part.COMMAND))
    print(f"{parcel.reference}: {'done' if changed else 'nothing to do'}")


def _announce(options: argparse.Namespace, parcels: Callable[[], list[Announcement]]) -> int:
    from web.commands.announcing import announce_all

    settings = settings_in(options.config)
    announcements = parcels()
    with opened(settings) as codes:
        return announce_all(codes.announce, announcements)
