"""Things for tests: a gauge in the grid, a smoke detector, what a city has many of."""

from anlan.sensing.services import registry
from anlan.sensing.terms.registry import USUAL, StreamDraft, ThingDraft


def gauge(cast, kind="waterlog", *, place=None, streams=None, **values):
    """Return a thing of the grid that the community registered, with the streams that its kind usually has."""
    where = place or cast.places.grid.path
    draft = ThingDraft(where, kind, values.pop("name", "竹苑路下穿积水点"), streams=streams or USUAL[kind], **values)
    return registry.add_thing(draft, by=cast.community.actor)


def stream(thing, key=""):
    """Return a thing's stream by its key, the first one without."""
    found = thing.datastreams.order_by("id")
    return found.get(key=key) if key else found[0]


LEVEL = StreamDraft("level", every=300, low=0, high=8)
