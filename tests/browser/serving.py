"""A server that is started once and forked for each test: to load the house anew took two seconds of every one.

`python serving.py PORT` says "ready", then for each line of its input that names a database it serves that database on
the port from a fresh fork, and for an empty line it ends it. It goes when its input does.
"""

import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from pathlib import Path

import uvicorn
from django.conf import settings
from django.template import engines
from django.template.utils import get_app_template_dirs
from django.urls import get_resolver

from anlan.web.asgi import app

HOST = "127.0.0.1"


def serve(database: str, port: int, log: Path) -> None:
    """Be the server of one test; never returns to the loop below."""
    settings.DATABASES["default"]["NAME"] = database
    with log.open("wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    logging.captureWarnings(capture=True)
    uvicorn.run(app, host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=1)


def main(port: int, log: Path) -> None:
    settings.PASSWORD_HASHERS = ["anlan.web.tests.hashing.QuickArgon2", *settings.PASSWORD_HASHERS]
    len(get_resolver().url_patterns)  # loads every page
    for folder in get_app_template_dirs("templates"):
        for template in folder.rglob("*.html"):
            if "anlan" in folder.parts:
                engines["django"].get_template(str(template.relative_to(folder)))
    assert threading.active_count() == 1, "a fork takes one thread along"
    gc.collect()
    gc.freeze()
    child = 0

    def end() -> None:
        if child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in iter(sys.stdin.readline, ""):
        end()
        if name := line.strip():
            child = os.fork()
            if not child:
                try:
                    serve(name, port, log)
                finally:
                    os._exit(1)
        else:
            child = 0
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    end()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
