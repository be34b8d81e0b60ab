#!/usr/bin/env python3
"""Sends Anlan's texts by a SIM of this machine: asks for them, sends them, tells what became of each.

Python 3.9 or newer, nothing else. Start it on a Linux box with a USB modem (`gammu`), on an Android phone under Termux
with Termux:API (`termux`), or to try the line without sending anything (`print`):

    ANLAN_RELAY_TOKEN=… python3 sms_relay.py --url https://anlan.example.gov.cn/gateway/sms_relay --by gammu

What was sent is written to --state before it is told, so that a restart sends nothing twice; a text whose fate a
crash left unknown is told as failed ("unknown") and not sent again. What could not be told waits there.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from pathlib import Path

PROGRAM = "sms_relay.py 1"


class State:
    """What must outlive a restart: ids that went out (or were begun), and events that Anlan has not taken yet."""

    def __init__(self, path):
        self.path = Path(path)
        self.kept = {"begun": {}, "told": []}
        if self.path.exists():
            self.kept = json.loads(self.path.read_text())

    def save(self):
        fresh = self.path.with_suffix(".new")
        with open(fresh, "w") as file:
            json.dump(self.kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.path)

    def begin(self, key):
        """Return what is known of an id: "" (new, begun now), "begun" or the type of event that it ended with."""
        known = self.kept["begun"].get(key, "")
        if not known:
            self.kept["begun"][key] = "begun"
            while len(self.kept["begun"]) > 5000:
                self.kept["begun"].pop(next(iter(self.kept["begun"])))
            self.save()
        return known

    def tell(self, kind, key="", event="", **more):
        if key:
            self.kept["begun"][key] = kind
        self.kept["told"].append(
            {
                "event": event or uuid.uuid4().hex,
                "type": kind,
                "at": datetime.now(UTC).isoformat(),
                **({"id": key} if key else {}),
                **more,
            }
        )
        self.save()


class Print:
    """Sends nothing; says what it would send."""

    def send(self, to, text):
        print(f"{to}: {text}", flush=True)

    def received(self):
        return []

    def status(self):
        return {}


class Gammu:
    """A modem, by the program gammu (its own configuration names the port). Long texts are joined by it."""

    def run(self, *words, given=None):
        done = subprocess.run(["gammu", *words], input=given, capture_output=True, text=True, timeout=90)
        if done.returncode:
            raise RuntimeError((done.stderr or done.stdout).strip()[-80:] or f"gammu {done.returncode}")
        return done.stdout

    def send(self, to, text):
        self.run("sendsms", "TEXT", to, "-unicode", "-autolen", str(len(text)), given=text)

    def received(self):
        """Yield (event, number, text) of what came in; each is deleted once it is kept."""
        found = []
        for block in self.run("getallsms").split("\nLocation ")[0:]:
            if "SMS message" not in block and "Remote number" not in block:
                continue
            head, _blank, text = block.partition("\n\n")
            number = next(
                (
                    line.split(":", 1)[1].strip().strip('"')
                    for line in head.splitlines()
                    if line.startswith("Remote number")
                ),
                "",
            )
            place = "".join(c for c in head.split(",")[0] if c.isdigit())
            sent = next((line.split(":", 1)[1].strip() for line in head.splitlines() if line.startswith("Sent")), "")
            if number and place:
                found.append((f"g{place}-{number}-{sent}"[:60], number, text.strip().split("\n\n")[0], place))
        return found

    def forget(self, place):
        self.run("deletesms", "0", place)

    def status(self):
        facts = {}
        for line in self.run("monitor", "1").splitlines():
            name, _colon, value = line.partition(":")
            digits = "".join(c for c in value if c.isdigit())
            if name.strip() == "Network level" and digits:
                facts["signal"] = min(int(digits), 100)
            if name.strip() == "Battery level" and digits:
                facts["battery"] = min(int(digits), 100)
        return facts


class Termux:
    """An Android phone under Termux, with the add-on Termux:API and its permission to send and read texts."""

    def run(self, *words, given=None):
        done = subprocess.run(words, input=given, capture_output=True, text=True, timeout=60)
        if done.returncode or "error" in done.stdout[:40].lower():
            raise RuntimeError((done.stderr or done.stdout).strip()[-80:] or f"{words[0]} {done.returncode}")
        return done.stdout

    def send(self, to, text):
        self.run("termux-sms-send", "-n", to, given=text)

    def received(self):
        rows = json.loads(self.run("termux-sms-list", "-l", "30", "-t", "inbox") or "[]")
        return [(f"t{row['_id']}", row["number"], row["body"], "") for row in rows if row.get("number")]

    def forget(self, _place):
        """Nothing to do: a phone keeps its inbox, and an event is taken once."""

    def status(self):
        said = json.loads(self.run("termux-battery-status") or "{}")
        facts = {"charging": said.get("status") in {"CHARGING", "FULL"}}
        if isinstance(said.get("percentage"), int):
            facts["battery"] = said["percentage"]
        return facts


WAYS = {"print": Print, "gammu": Gammu, "termux": Termux}


def ask(url, token, path, body, timeout):
    """Return what Anlan answers to a POST. Raises OSError, ValueError."""
    request = urllib.request.Request(
        f"{url}/{path}",
        json.dumps(body).encode(),
        method="POST",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)


def say(words):
    print(f"{datetime.now():%m-%d %H:%M:%S} {words}", file=sys.stderr, flush=True)


def hear(way, state):
    """Keep what came in since the last look."""
    seen = state.kept.setdefault("heard", [])
    for event, number, text, place in way.received():
        if event not in seen:
            seen.append(event)
            del seen[:-500]
            state.tell("reply", event=event, **{"from": number, "text": text})
        if place:
            way.forget(place)


def tell(url, token, state, status):
    """Hand over what Anlan does not know yet; what it took is forgotten."""
    waiting = state.kept["told"][:500]
    if waiting:
        ask(url, token, "events", {"status": status, "events": waiting}, 30)
        del state.kept["told"][: len(waiting)]
        state.save()


def send(way, state, messages, pace, told):
    """Send texts, `pace` seconds apart; `told` is called after each."""
    for number, message in enumerate(messages):
        known = state.begin(message["id"])
        if known == "begun":  # a crash came between beginning and knowing: a person may have it, so not twice
            state.tell("failed", message["id"], reason="unknown")
        elif known:
            state.tell(known, message["id"])
        else:
            if number:
                time.sleep(pace)
            try:
                way.send(message["to"], message["text"])
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as wrong:
                say(f"{message['id']}: {wrong}")
                state.tell("failed", message["id"], reason=str(wrong)[:80])
            else:
                state.tell("sent", message["id"])
        told()


def main():
    """Ask, send, tell, for ever; or once with --once."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--url", required=True, help="https://…/gateway/sms_relay")
    given.add_argument("--by", choices=WAYS, default="print")
    given.add_argument("--state", default="sms_relay.json")
    given.add_argument("--wait", type=float, default=25, help="seconds to wait for a text (at most 25)")
    given.add_argument("--once", action="store_true")
    options = given.parse_args()
    token = os.environ.get("ANLAN_RELAY_TOKEN", "")
    if not token:
        sys.exit("set ANLAN_RELAY_TOKEN to the token that Anlan showed")
    way, state, pause = WAYS[options.by](), State(options.state), 2

    def told():
        try:
            tell(options.url, token, state, {"program": PROGRAM})
        except (OSError, ValueError) as wrong:
            say(f"not told yet: {wrong}")

    while True:
        try:
            status = {"program": PROGRAM, **way.status()}
            hear(way, state)
            tell(options.url, token, state, status)
            body = {"most": 20, "wait": 0 if options.once else options.wait, "status": status}
            answer = ask(options.url, token, "pull", body, 60)
            send(way, state, answer["messages"], float(answer["pace"]), told)
            pause = 2
        except urllib.error.HTTPError as wrong:
            say(f"Anlan answers {wrong.code}: {wrong.read()[:120]!r}")
            if wrong.code == 401:
                sys.exit("the token is wrong or this phone is switched off in Anlan")
            if options.once:
                sys.exit(1)
        except (OSError, ValueError, RuntimeError, subprocess.TimeoutExpired) as wrong:
            say(str(wrong))
            if options.once:
                sys.exit(1)
        else:
            if options.once:
                return
            continue
        time.sleep(pause)
        pause = min(pause * 2, 60)


if __name__ == "__main__":
    main()
