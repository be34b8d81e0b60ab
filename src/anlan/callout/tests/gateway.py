"""A gateway on loopback that speaks the protocols of sms_http and voice_http as their pages say: a test server.

It checks signatures, honours idempotency keys, answers per recipient, and can be made to fail as real ones do.
"""

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from anlan.callout import signing


@dataclass
class Gateway:
    """`batches` are the requests taken, `taken` the messages by id (once each), `mood` how it behaves now."""

    secret: str = "loopback-secret"
    mood: str = "well"  # well | error | refuse | slow | busy | garbage | lose_answer
    empty: set = field(default_factory=set)  # numbers that do not exist
    suspended: set = field(default_factory=set)
    batches: list = field(default_factory=list)
    taken: dict = field(default_factory=dict)
    url: str = ""
    slow_for: float = 3.0
    nonces: set = field(default_factory=set)
    running: int = 0
    most_running: int = 0

    def answer(self, path, headers, body):  # noqa: PLR0911 - one line per mood
        """Return (status, payload) for a POST, or None to drop the connection."""
        try:
            proof = signing.check(headers, self.secret, "POST", path, body, at=time.time())
        except signing.Unsigned as wrong:
            return 401, {"error": f"signature {wrong.reason}"}
        if proof.nonce in self.nonces:
            return 409, {"error": "replayed"}
        self.nonces.add(proof.nonce)
        if self.mood == "error":
            return 503, {"error": "out of service"}
        if self.mood == "busy":
            return 429, {"error": "slow down"}
        if self.mood == "refuse":
            return 403, {"error": "template not approved"}
        if self.mood == "garbage":
            return 200, "<html>welcome to the hotel network</html>"
        if self.mood == "slow":
            time.sleep(self.slow_for)
        payload = json.loads(body)
        self.batches.append((path, payload))
        results = [self.take(m) for m in payload.get("messages") or payload.get("calls") or []]
        if self.mood == "lose_answer":
            return None
        return 200, {"results": results}

    def take(self, message):
        if message["to"] in self.empty:
            return {"id": message["id"], "status": "rejected", "reason": "empty_number"}
        if message["to"] in self.suspended:
            return {"id": message["id"], "status": "rejected", "reason": "suspended"}
        repeated = message["id"] in self.taken
        self.taken.setdefault(message["id"], message)
        return {"id": message["id"], "status": "accepted", "gateway_id": f"g-{message['id']}", "repeated": repeated}


@contextlib.contextmanager
def running(**moods):
    """Serve a Gateway on loopback for the block."""
    gateway = Gateway(**moods)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                gateway.running += 1
                gateway.most_running = max(gateway.most_running, gateway.running)
            try:
                said = gateway.answer(self.path, self.headers, body)
            finally:
                with lock:
                    gateway.running -= 1
            if said is None:
                self.close_connection = True
                return
            status, payload = said
            text = payload if isinstance(payload, str) else json.dumps(payload)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    lock = threading.Lock()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
