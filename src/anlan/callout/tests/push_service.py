"""A push service on loopback that speaks RFC 8030, checks RFC 8292 signatures, and browsers that read RFC 8291.

It is written against the standards and not against our sender: the signature is checked with the plain curve, the
payload opened with the browser's own key.
"""

import base64
import contextlib
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

DAY = 24 * 3600


def plain(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def shown(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def point(key):
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


@dataclass
class Browser:
    """One browser's subscription and what it was shown."""

    service: "Service"
    path: str
    secret: ec.EllipticCurvePrivateKey
    auth: bytes
    taken: list = field(default_factory=list)
    mood: str = ""

    @property
    def subscription(self):
        """What PushSubscription.toJSON() gives a page."""
        return {
            "endpoint": self.service.url + self.path,
            "expirationTime": None,
            "keys": {"p256dh": shown(point(self.secret.public_key())), "auth": shown(self.auth)},
        }


@dataclass
class Service:
    """`browsers` by the path of their endpoint; `mood` how all behaves: well, error, drop, busy, small."""

    url: str = ""
    mood: str = "well"
    key: str = ""  # the applicationServerKey that subscriptions were made under
    browsers: dict = field(default_factory=dict)
    seen: list = field(default_factory=list)  # (path, headers, body) of every request

    def browser(self):
        """Subscribe a new browser."""
        path = f"/push/{uuid.uuid4().hex}"
        made = Browser(self, path, ec.generate_private_key(ec.SECP256R1()), uuid.uuid4().bytes)
        self.browsers[path] = made
        return made

    def answer(self, path, headers, body):  # noqa: PLR0911 - one line per refusal
        """Return (status, headers, text), or None to drop the connection."""
        self.seen.append((path, headers, body))
        browser = self.browsers.get(path)
        mood = (browser.mood if browser else "") or self.mood
        if mood == "drop":
            return None
        if mood == "error":
            return 503, {}, "try again"
        if mood == "busy":
            return 429, {"Retry-After": "1"}, "slow down"
        if browser is None or mood == "gone":
            return 410, {}, "no such subscription"
        if fault := self.unsigned(headers):
            return 403, {}, fault
        if "TTL" not in headers:
            return 400, {}, "TTL is required"
        if len(body) > 4096 or (mood == "small" and len(body) > 700):
            return 413, {}, "too large"
        if headers.get("Content-Encoding") != "aes128gcm":
            return 415, {}, "aes128gcm only"
        said = http_ece.decrypt(body, private_key=browser.secret, auth_secret=browser.auth, version="aes128gcm")
        topic = headers.get("Topic", "")
        if len(topic) > 32:
            return 400, {}, "topic too long"
        browser.taken.append({"said": json.loads(said), "topic": topic, "urgency": headers.get("Urgency", "normal")})
        return 201, {"Location": f"{self.url}/message/{uuid.uuid4().hex}"}, ""

    def unsigned(self, headers):
        """Say what is wrong with the signature (RFC 8292 §2 to §4), "" if nothing."""
        scheme, _, rest = headers.get("Authorization", "").partition(" ")
        parts = dict(p.strip().split("=", 1) for p in rest.split(",")) if scheme == "vapid" else {}
        if set(parts) != {"t", "k"}:
            return "no vapid"
        if self.key and parts["k"] != self.key:
            return "another key"
        signed, _, signature = parts["t"].rpartition(".")
        head, claims = (json.loads(plain(p)) for p in signed.split("."))
        raw = plain(signature)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), plain(parts["k"]))
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            key.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return "bad signature"
        if head.get("alg") != "ES256" or claims["aud"] != self.url:
            return "bad claims"
        if not time.time() < claims["exp"] <= time.time() + DAY:
            return "bad expiry"
        return "" if claims["sub"].startswith(("mailto:", "https:")) else "no contact"


@contextlib.contextmanager
def running(**moods):
    """Serve a push service on loopback for the block."""
    service = Service(**moods)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = service.answer(self.path, self.headers, body)
            if said is None:
                self.close_connection = True
                return
            status, headers, text = said
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
