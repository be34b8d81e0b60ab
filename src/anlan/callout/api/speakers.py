"""/gateway/loudspeaker/audio/…: where the gateway fetches what is to be said, by the token of its play order."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from anlan.callout.queries import speakers as queries
from anlan.kernel.authority import Hidden


@login_not_required  # a gateway has no session: whoever has the order has the token
@require_GET
def audio(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001 - the token is all that counts
    """Give the sound of one call; 404 for another token, or once the order is over."""
    sound = queries.sound(token)
    if sound is None:
        raise Hidden(token)
    return HttpResponse(sound, content_type="audio/wav", headers={"Cache-Control": "private, max-age=3600"})
