"""Where a webhook may lead: only out of the house, unless a network is allowed by name.

The name is resolved here, every address is judged, and the connection goes to the judged address itself; so no
second answer of the DNS can lead elsewhere (rebinding).
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from web.i18n import N_

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL = 500
# These carry an IPv4 address inside them that nobody would look at: NAT64, 6to4, Teredo, and the old site-local.
_TRANSITION = tuple(
    ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")
)
_VISIBLE = re.compile(r"[\x21-\x7e]+", re.ASCII)


class BadTarget(ValueError):
    """The text is no address that a webhook may have."""


class NotOutside(Exception):
    """The name leads to an address inside, or to none."""


def check_url(url: str, allowed: Sequence[Network]) -> str:
    """Return the address if a webhook may have it. Names are resolved only when something is sent.

    Raises BadTarget.
    """
    if len(url) > MAX_URL or not _VISIBLE.fullmatch(url):
        raise BadTarget(N_("The address is too long, or has characters that no address can have."))
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadTarget(N_("This is not an address.")) from error
    if parts.scheme not in ("https", "http") or not host:
        raise BadTarget(N_("The address must start with https:// and a host."))
    if parts.scheme == "http" and not allowed:
        raise BadTarget(N_("The address must start with https://; http needs a network in webhooks.allowed_networks."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadTarget(N_("The address must have no user, no password and nothing after a #."))
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return url
    if not is_outside(literal) and not _is_allowed(literal, allowed):
        raise BadTarget(N_("This address is inside your network; webhooks.allowed_networks can allow it."))
    return url


def addresses_outside(host: str, port: int, allowed: Sequence[Network]) -> list[Address]:
    """Resolve a name and judge every address of it. Raises NotOutside if any leads inside."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotOutside("the name has no address") from error
    addresses = [ipaddress.ip_address(str(entry[4][0])) for entry in found]
    if not all(is_outside(each) or _is_allowed(each, allowed) for each in addresses):
        raise NotOutside("the name leads to an address inside")
    return list(dict.fromkeys(addresses))


def is_outside(address: Address) -> bool:
    """Tell whether an address is of the public internet, whatever form it is written in."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_outside(address.ipv4_mapped)
        if address.scope_id is not None or any(address in network for network in _TRANSITION):
            return False
    # Neither private nor loopback, link-local (with the clouds' metadata), unique local, nor shared (CGNAT).
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    plain = address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address
    return any(plain in network for network in allowed if network.version == plain.version)
