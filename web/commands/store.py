"""What is kept: the settings, the key ring, backups and their return, and the end of what was kept long enough."""

from __future__ import annotations

import argparse
from pathlib import Path

from web.commands.opening import STOPPED, key_file, now, opened, settings_in, shipped_settings


def print_settings(_options: argparse.Namespace) -> int:
    """Print the settings that come with the program, each with its explanation: the beginning of a config.yaml."""
    print(shipped_settings(), end="")
    return 0


def keys_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("action", choices=("show", "rotate", "make", "switch"))


def keys(options: argparse.Namespace) -> int:
    """Show the key ring's state, or change the key for new codes; codes already sent go on working.

    On one machine `rotate` makes a key and uses it. On several `make` makes one that nothing uses yet; copy the key
    file to all of them, and then `switch` on each.
    """
    with opened(settings_in(options.config)) as codes:
        if options.action == "rotate":
            codes.ring.replace(codes.ring().rotated(now()))
        elif options.action == "make":
            codes.ring.replace(codes.ring().with_new_key(now()))
        elif options.action == "switch":
            codes.ring.replace(codes.ring().switched())
        ring = codes.ring()
        print(f"{codes.ring.path}: ring {ring.ring_id}, epoch {ring.epoch}")
    for key_id in ring.keys:
        print(f"  {key_id}{'   current' if key_id == ring.current else ''}")
    if options.action in ("rotate", "make"):
        print("Copy the key file to where its backup lies, now.")
    if options.action == "make":
        print("Copy it to every machine too; then, on each of them: app.py keys switch")
    return 0


def backup_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("folder", type=Path, help="a folder that is not there yet")


def backup(options: argparse.Namespace) -> int:
    """Copy the embedded database into a new folder while the service runs. The key ring is not in it."""
    from codes.store.backups import back_up

    with opened(settings_in(options.config)) as codes:
        back_up(codes.database, codes.ring, options.folder, now())
        print(f"{options.folder}: complete. The key ring {codes.ring.path} is not in it; keep a copy of it elsewhere.")
    return 0


def restore_arguments(each: argparse.ArgumentParser) -> None:
    which = each.add_mutually_exclusive_group(required=True)
    which.add_argument("folder", type=Path, nargs="?", help="a backup made by `backup`")
    which.add_argument("--external", action="store_true", help="the database was put back by its own tools already")
    which.add_argument("--go-on", action="store_true", help="a restore was stopped while it renewed codes")


def restore(options: argparse.Namespace) -> int:
    """Put a backup back, kill every code issued before, and send new ones for the parcels still open."""
    from codes import Database
    from codes.keys.keyring import KeyRingFile, read_key_ring
    from codes.life.issuing import renew_stale_codes
    from codes.sealing.sealing_key import SEALING_KEY, refuse_missing_key
    from codes.store.backups import put_back, renew_killed_codes
    from web.commands.progress import progress

    settings = settings_in(options.config)
    path = key_file(settings)
    ring = KeyRingFile(path, read_key_ring(path))
    refuse_missing_key(settings.secrets_folder / SEALING_KEY)
    if options.external:
        ring.replace(ring().with_epoch_raised())
    elif options.folder:
        put_back(Database(settings.store_url()), ring, options.folder)
    with opened(settings) as codes, progress("codes renewed") as working:
        renewed = renew_killed_codes(lambda most: codes.write(renew_stale_codes, most), working.go_on)
        print(f"Restored. Epoch {codes.ring().epoch}; {renewed} new codes are on their way to their holders.")
    if working.stopped:
        print("Stopped: other parcels have no code until this goes on, with: app.py restore --go-on")
    return STOPPED if working.stopped else 0


def erase_arguments(each: argparse.ArgumentParser) -> None:
    which = each.add_mutually_exclusive_group(required=True)
    which.add_argument("--reference", help="everybody named for this parcel")
    which.add_argument("--email", help="everybody with this mail address")


def erase(options: argparse.Namespace) -> int:
    """Erase the persons of a parcel, or with a mail address, for good; proofs still verify."""
    with opened(settings_in(options.config)) as codes:
        erased = codes.erase_parcel(options.reference) if options.reference else codes.erase_address(options.email)
    print(f"{erased.persons} persons erased. Backups made before still hold them.")
    return 0


def purge(options: argparse.Namespace) -> int:
    """Erase now what has been kept for as long as config.yaml says; the worker does that every day."""
    from web.commands.progress import progress

    with opened(settings_in(options.config)) as codes, progress("parcels purged") as working:
        erased = codes.purge(working.go_on)
    print(f"{erased.persons} persons, {erased.messages} messages, {erased.sessions} sign-ins")
    if working.stopped:
        print("Stopped; the same command goes on.")
    return STOPPED if working.stopped else 0
