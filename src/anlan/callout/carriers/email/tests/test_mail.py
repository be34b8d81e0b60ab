"""WRN-03: mail leaves by SMTP with the personal link; a mailbox that refuses is told from a server that is down."""

import contextlib
import email
import email.policy
import socketserver
import threading
import uuid

import pytest

from anlan.callout.carriers import GatewayDown, Message
from anlan.callout.carriers.email.carrier import Carrier
from anlan.callout.carriers.tuning import admit

FORM = {"host": "127.0.0.1", "security": "none", "sender": "anlan@example.gov.cn"}


class Smtp(socketserver.StreamRequestHandler):
    """Speaks enough of RFC 5321 for a client that means it."""

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self):
        server = self.server
        self.say("220 loopback")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(":")[0].split(" ")[0].upper()
            if verb == "RCPT":
                box = line.partition("<")[2].partition(">")[0]
                if box in server.refused:
                    self.say(server.refused[box])
                    continue
            if verb == "DATA":
                if server.break_at == len(server.mails):
                    return
                self.say("354 go on")
                body = b""
                while (row := self.rfile.readline()) != b".\r\n":
                    body += row[1:] if row.startswith(b"..") else row
                server.mails.append(email.message_from_bytes(body, policy=email.policy.default))
            self.say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return


@contextlib.contextmanager
def server():
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Smtp) as made:
        made.mails, made.refused, made.break_at = [], {}, None
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join(5)


def tuned(made):
    return admit(Carrier.fields, {**FORM, "port": str(made.server_address[1])}, {})


def message(to="li@example.org", **more):
    words = {"title": "暴雨红色预警", "body": "叫醒名单 19 户", "link": "https://a.example/a/k7", "name": "李小满"}
    return Message(uuid.uuid4(), to, **{**words, **more})


def test_a_mail_carries_the_link_and_its_key():
    with server() as made:
        one = message()
        (came,) = Carrier().send_many([one], tuned(made))
        assert came.ok
        (mail,) = made.mails
        assert mail["Subject"] == "暴雨红色预警"
        assert mail["To"] == "li@example.org"
        assert mail["Message-ID"] == f"<{one.key}@example.gov.cn>"
        text = mail.get_content()
        assert text.startswith("李小满：")
        assert "https://a.example/a/k7" in text
        assert "只看不点不算" in text


def test_a_refused_mailbox_stops_nobody_else():
    with server() as made:
        made.refused = {"gone@example.org": "550 no such user", "full@example.org": "452 mailbox full"}
        batch = [message("gone@example.org"), message("li@example.org"), message("full@example.org")]
        came = Carrier().send_many(batch, tuned(made))
        assert [(h.ok, h.again, h.reason) for h in came] == [
            (False, False, "550 no such user"), (True, False, ""), (False, True, "452 mailbox full"),
        ]  # fmt: skip
        assert len(made.mails) == 1


def test_a_line_that_breaks_leaves_the_rest_for_later():
    with server() as made:
        made.break_at = 2
        batch = [message(f"p{i}@example.org") for i in range(4)]
        came = {h.key: h for h in Carrier().send_many(batch, tuned(made))}
        assert [came[m.key].ok for m in batch] == [True, True, False, False]
        assert [came[m.key].again for m in batch] == [False, False, True, True]


def test_a_server_that_is_not_there_is_down():
    with server() as made:
        settings = tuned(made)
    with pytest.raises(GatewayDown):
        Carrier().send_many([message()], settings)
    assert not Carrier().health(settings).ok


def test_a_title_cannot_smuggle_a_header():
    with server() as made:
        Carrier().send_many([message(title="暴雨\r\nBcc: all@example.org")], tuned(made))
        (mail,) = made.mails
        assert mail["Bcc"] is None


def test_the_test_button_sends_one():
    with server() as made:
        assert Carrier().test(tuned(made), "me@example.org").ok
        assert [m["To"] for m in made.mails] == ["me@example.org"]
