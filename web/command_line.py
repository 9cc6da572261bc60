"""The words of the command line. What they do is in ``app.py``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from scanner.symbols import Symbology, kinds_named

Command = Callable[[argparse.Namespace], int]

PARCEL_OPTIONS = {
    "email": "the recipient's address",
    "language": "the recipient's language, such as de",
    "postcode": "the recipient's postcode",
    "sender": "the sender's name",
    "value": "declared value, such as 129.90",
    "currency": "its currency, such as EUR",
    "destination": "address, pickup_point, locker or po_box",
    "gift": "true or false",
    "consignment": "what parcels sent together have in common",
    "sender-wish": "true or false: the sender's own wish for a code",
}


def parser(commands: Mapping[str, Command], config: Path) -> argparse.ArgumentParser:
    """Return the parser; each command's help is its function's docstring."""
    whole = argparse.ArgumentParser(prog="app.py", description="Hand parcels over against a one-time delivery code.")
    whole.add_argument("--config", type=Path, default=config, help="settings (default: config.yaml beside app.py)")
    choices = whole.add_subparsers(metavar="COMMAND", required=True)
    for name, command in commands.items():
        text = (command.__doc__ or "").strip()
        each = choices.add_parser(name, help=text.split("\n")[0].rstrip("."), description=text)
        each.set_defaults(command=command)
        if name in _ARGUMENTS:
            _ARGUMENTS[name](each)
    return whole


def _run(each: argparse.ArgumentParser) -> None:
    each.add_argument("--demo", action="store_true", help="with sample parcels and an enrolment link for a phone")
    each.add_argument("--host", help="address for plain HTTP")
    each.add_argument("--port", type=int, help="port for plain HTTP")
    each.add_argument("--https-port", type=int, help="port for HTTPS on the local network; 0 for none")


def _web(each: argparse.ArgumentParser) -> None:
    each.add_argument("--host", help="address to listen on")
    each.add_argument("--port", type=int, required=True, help="port to listen on")
    each.add_argument("--certificate", type=Path, help="certificate as PEM, for HTTPS")
    each.add_argument("--key", type=Path, help="its private key as PEM (PKCS#8)")


def _issue(each: argparse.ArgumentParser) -> None:
    each.add_argument("reference", help="tracking number")
    each.add_argument("--name", required=True, help="the recipient's name")
    for name, text in PARCEL_OPTIONS.items():
        each.add_argument(f"--{name}", help=text)


def _import(each: argparse.ArgumentParser) -> None:
    each.add_argument("file", type=Path, help="CSV with a heading line")


def _enrol(each: argparse.ArgumentParser) -> None:
    each.add_argument("--kind", choices=("driver", "counter", "kiosk"), default="driver")
    each.add_argument("--name", required=True, help="what the office calls the device")
    each.add_argument("--url", help="address of the pages (default: public_url)")


def _key(each: argparse.ArgumentParser) -> None:
    each.add_argument("--name", required=True, help="whose key it is")
    each.add_argument("--test", action="store_true", help="for trying: parcels of its own, and no mail leaves")


def _scan(each: argparse.ArgumentParser) -> None:
    each.add_argument("files", nargs="+", type=Path, metavar="FILE")
    each.add_argument("--json", action="store_true", help="one JSON object a line")
    each.add_argument("--wanted", type=_kinds, metavar="KIND,…", help="kinds of symbols, such as QRCode,Code128")


def _kinds(text: str) -> frozenset[Symbology]:
    try:
        return kinds_named(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _kiosk(each: argparse.ArgumentParser) -> None:
    each.add_argument("--camera", required=True, help="0, /dev/video0, rtsp://…, a video file or a folder of pictures")
    each.add_argument("--service", help="address of the service (default: this computer's)")
    each.add_argument("--enrol", metavar="LINK", help="one-time link, at the first start")
    each.add_argument("--state", type=Path, help="folder for the kiosk's identity (default: kiosk in data_folder)")
    each.add_argument("--port", type=int, default=8090, help="port of the kiosk's own page (default: 8090)")
    each.add_argument("--repeat", action="store_true", help="play a file or folder again and again")
    each.add_argument("--trust", type=Path, help="certificate of the service, if it is its own")


def _policy(each: argparse.ArgumentParser) -> None:
    which = each.add_mutually_exclusive_group(required=True)
    which.add_argument("--explain", type=Path, metavar="PARCEL.json", help="one parcel in JSON, as the API takes it")
    which.add_argument("--csv", type=Path, metavar="FILE.csv", help="many parcels, with counts by reason")


def _keys(each: argparse.ArgumentParser) -> None:
    each.add_argument("action", choices=("show", "rotate"))


def _backup(each: argparse.ArgumentParser) -> None:
    each.add_argument("folder", type=Path, help="a folder that is not there yet")


def _restore(each: argparse.ArgumentParser) -> None:
    which = each.add_mutually_exclusive_group(required=True)
    which.add_argument("folder", type=Path, nargs="?", help="a backup made by `backup`")
    which.add_argument("--external", action="store_true", help="the database was put back by its own tools already")


def _proof(each: argparse.ArgumentParser) -> None:
    each.add_argument("reference", help="tracking number")
    each.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: standard output)")
    each.add_argument("--pdf", type=Path, metavar="FILE", help="write it as a sheet of paper")


def _verify_proof(each: argparse.ArgumentParser) -> None:
    each.add_argument("file", type=Path, help="a proof of delivery")
    each.add_argument("--key", type=Path, required=True, help="the operator's public key as PEM")


def _audit(each: argparse.ArgumentParser) -> None:
    each.add_argument("--against", type=Path, metavar="CHECKPOINT.json", help="a checkpoint that was published before")


def _erase(each: argparse.ArgumentParser) -> None:
    which = each.add_mutually_exclusive_group(required=True)
    which.add_argument("--reference", help="everybody named for this parcel")
    which.add_argument("--email", help="everybody with this mail address")


_ARGUMENTS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "run": _run,
    "web": _web,
    "issue": _issue,
    "import": _import,
    "enrol": _enrol,
    "key": _key,
    "scan": _scan,
    "kiosk": _kiosk,
    "policy": _policy,
    "keys": _keys,
    "backup": _backup,
    "restore": _restore,
    "proof": _proof,
    "verify-proof": _verify_proof,
    "audit": _audit,
    "erase": _erase,
}
