"""The pages, the API and the mass doors, by uvicorn."""

import argparse
import os
import shutil
import sys
import tempfile

import uvicorn
from django.conf import settings

from anlan.web.processes import follow_parent

HELP = "启动网页和接口"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="默认只听本机；前面放 nginx")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--uds", metavar="SOCKET", help="改听一个 UNIX 套接字")
    parser.add_argument("--processes", type=int, default=1)


def run(args: argparse.Namespace) -> int:
    follow_parent()
    metrics = ""
    if args.processes > 1:  # each process counts for itself; the scrape adds them up from here
        metrics = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-", dir=settings.HOME)
    try:
        uvicorn.run(
            "anlan.web.asgi:app",
            host=args.host,
            port=args.port,
            uds=args.uds,
            workers=args.processes,
            log_config=None,
            access_log=False,
            proxy_headers=bool(settings.SECURE_PROXY_SSL_HEADER),
            server_header=False,
            timeout_graceful_shutdown=10,
            backlog=4096,
        )
    except SystemExit as ended:  # uvicorn leaves this way when it cannot bind
        return int(ended.code or 0)
    finally:
        shutil.rmtree(metrics, ignore_errors=True) if metrics else None
        sys.stderr.flush()
    return 0
