"""WRN-03: a gateway that fails is bypassed by the next carrier of the policy within 15 seconds, and used later."""

import time

import pytest

from anlan.callout.models import Carrier, Obligation, Policy, Receipt
from anlan.callout.services import channels, handing
from anlan.callout.tests import calling
from anlan.callout.tests import gateway as loopback
from anlan.kernel.ids import floor_of, uuid7


@pytest.fixture(autouse=True)
def _voice_then_text(cast):
    """Let the first round go by telephone and, if that fails, by short message."""
    policy = Policy.objects.get(code="yellow", current=True)
    policy.body["send"] = [["voice_http", "sms_http"]]
    policy.save(update_fields=["body"])


def test_the_next_carrier_takes_over_within_fifteen_seconds(cast):
    with loopback.running(mood="error") as broken, loopback.running() as well:
        calling.set_up("voice_http", **calling.VOICE, url=broken.url)
        calling.set_up("sms_http", **calling.SMS, url=well.url)
        call = calling.start(cast)
        began = time.monotonic()
        calling.hand_over(call)
        queued = Receipt.objects.filter(call_id=call.id, state="queued")
        assert set(queued.values_list("carrier", flat=True)) == {"sms_http"}
        handing.later(floor_of(0), uuid7(), again=False)
        assert time.monotonic() - began < 15
        owed = Obligation.objects.filter(call_id=call.id, part="self").count()
        assert len(well.taken) == owed > 0
        assert broken.taken == {}
        reasons = Receipt.objects.filter(call_id=call.id, carrier="voice_http").values_list("state", "reason")
        assert set(reasons) == {("failed", "gateway")}


def test_while_it_fails_nobody_waits_for_it_and_then_it_is_used_again(cast):
    with loopback.running() as voice, loopback.running() as sms:
        calling.set_up("voice_http", **calling.VOICE, url=voice.url)
        calling.set_up("sms_http", **calling.SMS, url=sms.url)
        channels.failed("voice_http", "HTTP 503")
        call = calling.start(cast)
        calling.hand_over(call)
        assert voice.taken == {}
        assert sms.taken
        Carrier.objects.filter(name="voice_http").update(retry_at="2020-01-01T00:00:00Z")
        again = calling.start(cast, title="又一次")
        calling.hand_over(again)
        assert voice.taken
        assert Carrier.objects.get(name="voice_http").failing_since is None
