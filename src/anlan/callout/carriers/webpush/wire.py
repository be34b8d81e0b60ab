"""Web Push as it goes over the line: RFC 8030 posts, RFC 8291 payloads, RFC 8292 signatures. Knows no database."""

import base64
import binascii
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from py_vapid import Vapid02
from pywebpush import WebPusher

from anlan.callout.carriers.webpush import hosts

MOST = 3000  # bytes of a payload before it is encrypted; every push service takes 4,096 after
SIGNED_FOR = 6 * 3600  # seconds; the standard allows 24 hours
TIMEOUT = httpx.Timeout(8, connect=4)
DEAF = 4  # lines to one service that did not open, one after another, before the rest of a batch is not tried
NO_LINE = ("ConnectTimeout", "ConnectError")
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser hands out: where to post, its public key and the shared secret, both in base64url."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Push:
    """One notification for one browser. `topic`: a waiting one of the same topic is replaced (RFC 8030 §5.4)."""

    key: UUID
    to: Subscription
    payload: bytes
    topic: str
    ttl: int = 3600
    urgency: str = "high"


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one push. `what`: ok, gone (no such browser any more), later (throttled), down, refused, large."""

    key: UUID
    what: str
    ref: str = ""
    reason: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """How we post: our key, whom a push service may write to, which hosts, by which proxy, how many at once."""

    signer: Vapid02
    contact: str
    allowed: str = hosts.KNOWN
    proxy: str = ""
    lanes: int = 16
    loopback: bool = False


def signer(secret: str) -> Vapid02:
    """Return the key that we sign with, made from the installation's secret: it is kept where that is kept.

    Browsers bind a subscription to it, so it must never change; a restored installation keeps it with its keys.
    """
    drawn = HKDF(algorithm=hashes.SHA256(), length=48, salt=None, info=b"anlan web push v1").derive(secret.encode())
    number = int.from_bytes(drawn, "big") % (_ORDER - 1) + 1
    return Vapid02(ec.derive_private_key(number, ec.SECP256R1()))


def public_key(key: Vapid02) -> str:
    """Return what a browser wants as applicationServerKey: the uncompressed point in base64url."""
    point = key.public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def sound(subscription: Subscription) -> bool:
    """Say whether the keys are what they must be: a point on P-256 and 16 bytes."""
    try:
        point, auth = _bytes(subscription.p256dh), _bytes(subscription.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, binascii.Error):
        return False
    return len(auth) == 16


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def payload(values: Mapping[str, str], most: int = MOST) -> bytes:
    """Return a payload as JSON; where it is too long the text `b` loses its end."""
    whole = orjson.dumps(values)
    if len(whole) <= most:
        return whole
    text, spare = values["b"], most - len(orjson.dumps({**values, "b": "…"}))
    short, used = [], 0
    for letter in text:
        used += len(orjson.dumps(letter)) - 2
        if used > spare:
            break
        short.append(letter)
    return orjson.dumps({**values, "b": "".join(short) + "…"})


def post_many(pushes: Sequence[Push], line: Line) -> list[Came]:
    """Post a batch, `lanes` at once; one Came per push, in the same order. Never raises for what a line does."""
    if not pushes:
        return []
    signatures: dict[str, dict[str, str]] = {}
    inside: dict[str, str] = {}
    deaf: dict[str, int] = {}
    lock = Lock()

    def post(push: Push) -> Came:
        try:
            host = hosts.host_of(push.to.endpoint, line.allowed, loopback=line.loopback)
        except hosts.Unfit as unfit:
            return Came(push.key, "refused", reason=str(unfit)[:80])
        with lock:
            if host not in inside:
                inside[host] = "" if line.loopback or line.proxy else _looked_up(host)
            headers = signatures.setdefault(host, {}) or signatures[host]
            if not headers:
                headers.update(_signed(push.to.endpoint, line))
        if inside[host]:
            return Came(push.key, "down" if inside[host] == "dns" else "refused", reason=inside[host], host=host)
        if deaf.get(host, 0) >= DEAF:
            return Came(push.key, "down", reason="no line", host=host)
        came = _post(push, host, headers, client)
        with lock:
            deaf[host] = deaf.get(host, 0) + 1 if came.reason.startswith(NO_LINE) else 0
        return came

    limits = httpx.Limits(max_connections=line.lanes, max_keepalive_connections=line.lanes)
    with (
        httpx.Client(
            limits=limits, timeout=TIMEOUT, trust_env=False, follow_redirects=False, proxy=line.proxy or None
        ) as client,
        ThreadPoolExecutor(min(line.lanes, len(pushes))) as lanes,
    ):
        return list(lanes.map(post, pushes))


def _looked_up(host: str) -> str:
    try:
        return "private" if hosts.leads_inside(host) else ""
    except OSError:
        return "dns"


def _signed(endpoint: str, line: Line) -> dict[str, str]:
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + SIGNED_FOR, "sub": line.contact,
    }  # fmt: skip
    signed: dict[str, str] = line.signer.sign(claims)
    return signed


def _post(push: Push, host: str, signature: Mapping[str, str], client: httpx.Client) -> Came:
    info = {"endpoint": push.to.endpoint, "keys": {"p256dh": push.to.p256dh, "auth": push.to.auth}}
    try:
        body = WebPusher(info).encode(push.payload)["body"]
        headers = {
            **signature, "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
            "TTL": str(push.ttl), "Urgency": push.urgency, "Topic": push.topic,
        }  # fmt: skip
        try:
            said = client.post(push.to.endpoint, content=body, headers=headers)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            # A kept line that the service has closed fails whoever takes it next; the topic keeps a repeat single.
            said = client.post(push.to.endpoint, content=body, headers=headers)
    except httpx.HTTPError as broken:
        return Came(push.key, "down", reason=f"{type(broken).__name__}: {broken}"[:80], host=host)
    except (ValueError, binascii.Error) as wrong:
        return Came(push.key, "refused", reason=f"keys: {wrong}"[:80], host=host)
    return Came(push.key, _judge(said.status_code), said.headers.get("Location", "")[:200], _reason(said), host)


def _judge(status: int) -> str:
    if 200 <= status < 300:
        return "ok"
    if status >= 500:
        return "down"
    return {404: "gone", 410: "gone", 413: "large", 429: "later"}.get(status, "refused")


def _reason(said: httpx.Response) -> str:
    return "" if said.is_success else f"http_{said.status_code} {said.text[:60]}".strip()


def reaches(names: Sequence[str], line: Line) -> Iterator[tuple[str, str]]:
    """Yield (host, what went wrong or "") for each push service: does a line to it open at all?"""
    with httpx.Client(timeout=TIMEOUT, trust_env=False, follow_redirects=False, proxy=line.proxy or None) as client:
        for name in names:
            try:
                client.get(f"https://{name}/")
            except httpx.HTTPError as broken:
                yield name, type(broken).__name__
            else:
                yield name, ""
