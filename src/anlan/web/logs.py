"""One JSON object a line on standard error: time, level, logger, message, the affair's chain id, the request's id."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from anlan.kernel import trace

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    """Writes a record and whatever `extra` it carries; what JSON cannot hold is written by `str`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {k: v for k, v in {"chain": trace.chain.get(), "request": trace.request.get()}.items() if v}
        line |= {k: v for k, v in vars(record).items() if k not in STANDARD and not k.startswith("_")}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def config(level: str, *, plain: bool) -> dict[str, Any]:
    """Return what `logging.config.dictConfig` takes; `plain` is for a person at a terminal."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "anlan.web.logs.JsonLines"},
            "plain": {"format": "%(asctime)s %(levelname)-7s %(name)s  %(message)s"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain" if plain else "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "uvicorn": {"level": level},
            "uvicorn.access": {"level": "WARNING"},
            "procrastinate": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},  # it would write whole addresses, which hold secrets and where people are
        },
    }
