"""Residents' browsers: a city of listeners queued for one warning, and rings posted to a push service on loopback."""

import os
import secrets
import uuid

from django.conf import settings
from django.db import connection

from anlan.alerts.models import Bulletin
from anlan.alerts.services import bulletins
from anlan.callout.services import pushing
from anlan.callout.tests import calling, push_service
from anlan.kernel.authority import machine
from anlan.kernel.ids import uuid7
from anlan.places import services as places

LAY = """INSERT INTO alerts_listener (id, place_path, least, english, digest, sealed, made_at, failures)
SELECT gen_random_uuid(), %s, 1, false, decode(lpad(to_hex(g + %s), 32, '0'), 'hex'), %s, now() - interval '1 day', 0
FROM generate_series(1, %s) g"""


def lay(path, sealed, count, start):
    with connection.cursor() as cursor:
        cursor.execute(LAY, [path, start, sealed, count])


def bulletin(path):
    return Bulletin.objects.create(
        entry=uuid.uuid4(), chain_id=uuid7(), subject_id=uuid7(), kind="news", level="red", rank=4, hazard="暴雨",
        title="暴雨红色预警", paths=[path],
    )  # fmt: skip


def run(report):
    for name in ("FIELD_KEY", "LOOKUP_KEY"):
        setattr(settings, name, os.environ.get(f"ANLAN_{name}") or secrets.token_hex(32))
    settings.PUSH_LOOPBACK = True
    crowd, rung = (5_000, 200) if report.quick else (200_000, 2_000)
    city = places.found_root("澜江市", "city", "510100", machine("bench"))
    with push_service.running(key=pushing.public_key()) as service:
        calling.set_up("webpush", contact="mailto:anlan@example.gov.cn")
        to = service.browser().subscription
        sealed = pushing.seal(pushing.Subscription(to["endpoint"], **to["keys"]))
        lay(city.path, sealed, crowd, 0)
        made = iter([bulletin(city.path).id for _ in range(report.repeat)])
        report.rate(
            "listeners queued for one warning, 5,000 a transaction", crowd, lambda: bulletins.spread(next(made))
        )
        ids = [row.id for row in Bulletin.objects.order_by("-id")[:1]]
        everything = (uuid.UUID(int=0), uuid.UUID(int=2**128 - 1))

        def ring():
            for _ in range(max(1, rung // bulletins.CHUNK)):
                bulletins.ring(ids[0], *everything)

        report.rate("rings encrypted, signed, posted (loopback decrypts them too) and written down", rung, ring)
