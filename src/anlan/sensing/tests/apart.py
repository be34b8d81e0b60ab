"""A process of its own for a test that kills one: what it needs to find the test's database."""

import os
import sys
from urllib.parse import quote

from django.conf import settings as configured
from django.db import connection


def environment(database):
    """Return the environment of a process that works on a test's own database (`live_db`)."""
    known = connection.settings_dict
    host = known["HOST"] or "127.0.0.1"
    where = f"/{database}?host={quote(host, safe='')}" if host.startswith("/") else f"{host}:{known['PORT']}/{database}"
    user = known["USER"] + (f":{known['PASSWORD']}" if known["PASSWORD"] else "")
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{user}@{where}{'&' if '?' in where else '?'}options=-c%20role%3Danlan_app",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", configured.SETTINGS_MODULE),
    }
