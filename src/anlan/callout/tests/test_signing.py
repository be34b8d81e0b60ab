"""WRN-03: a gateway's word counts only if it is signed, fresh and about this very request."""

import pytest

from anlan.callout import signing

BODY = b'{"events": []}'
NOW = 1_784_300_000.5


def made(**changed):
    base = {"secret": "s3cret", "method": "POST", "path": "/gateway/sms_http/events", "body": BODY, "at": NOW}
    return signing.headers(**{**base, **changed})


def checked(headers, **changed):
    base = {"secret": "s3cret", "method": "POST", "path": "/gateway/sms_http/events", "body": BODY, "at": NOW}
    return signing.check(headers, **{**base, **changed})


def test_a_signed_request_proves_its_time_and_nonce():
    headers = made()
    proof = checked(headers)
    assert proof.timestamp == int(NOW)
    assert proof.nonce == headers[signing.NONCE]


@pytest.mark.parametrize(
    "changed",
    [{"secret": "other"}, {"method": "PUT"}, {"path": "/gateway/voice_http/events"}, {"body": BODY + b" "}],
)
def test_another_request_is_refused(changed):
    with pytest.raises(signing.Unsigned, match="wrong"):
        checked(made(), **changed)


@pytest.mark.parametrize("drift", [-301, 302])
def test_an_old_or_future_request_is_refused(drift):
    with pytest.raises(signing.Unsigned, match="old"):
        checked(made(), at=NOW + drift)


@pytest.mark.parametrize("gone", [signing.TIMESTAMP, signing.NONCE, signing.SIGNATURE])
def test_a_missing_header_is_refused(gone):
    headers = made()
    del headers[gone]
    with pytest.raises(signing.Unsigned, match="missing"):
        checked(headers)


@pytest.mark.parametrize(
    "broken",
    [
        {signing.TIMESTAMP: "soon"},
        {signing.NONCE: "short"},
        {signing.NONCE: "x" * 65},
        {signing.SIGNATURE: "abc"},
        {signing.TIMESTAMP: "-1784300000"},
    ],
)
def test_a_malformed_header_is_refused(broken):
    with pytest.raises(signing.Unsigned, match="malformed"):
        checked({**made(), **broken})


def test_an_empty_secret_never_proves():
    with pytest.raises(signing.Unsigned, match="wrong"):
        checked(made(secret=""), secret="")


def test_a_signature_that_is_not_ascii_is_refused_not_crashed():
    with pytest.raises(signing.Unsigned, match="wrong"):
        checked({**made(), signing.SIGNATURE: "v1=签"})
