"""Which push services we post to: a browser's word decides the address, so it is believed only for known hosts."""

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

# What Chrome and its kin, Safari, Edge and Firefox hand out as endpoints.
KNOWN = "fcm.googleapis.com *.push.apple.com *.notify.windows.com *.push.services.mozilla.com"
LONGEST = 1000


class Unfit(ValueError):  # noqa: N818 - a sentence: the address is unfit
    """An endpoint that is not posted to. `rule` is one of: address, scheme, host, private."""

    def __init__(self, rule: str, what: str = "") -> None:
        super().__init__(f"{rule}: {what}" if what else rule)
        self.rule = rule


def host_of(endpoint: str, allowed: str, *, loopback: bool = False) -> str:
    """Return the push service of an endpoint. Raises Unfit.

    `allowed` lists hosts, `*.` in front for everything below one. `loopback` lets 127.0.0.1 in, by http too: for tests
    and for a push service on the same machine.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise Unfit("address") from None
    if not host or len(endpoint) > LONGEST or parts.username or parts.fragment or not endpoint.isascii():
        raise Unfit("address")
    if loopback and host == "127.0.0.1" and parts.scheme in {"http", "https"}:
        return host
    if parts.scheme != "https" or port not in {None, 443}:
        raise Unfit("scheme")
    if not any(_matches(host, one) for one in allowed.lower().replace(",", " ").split()):
        raise Unfit("host", host)
    return host


def _matches(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def leads_inside(host: str) -> bool:
    """Say whether a host's name leads to an address that is not public. Raises OSError where it leads nowhere."""
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return not public([str(address[0]) for *_, address in found])


def public(addresses: Sequence[str]) -> bool:
    """Say whether all addresses are public ones."""
    return all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in addresses)
