"""Who stands where in the town, as rows: for whatever calls, rings or counts them."""

from anlan.alerts.tests.town import Town
from anlan.kernel.authority import machine
from anlan.people.queries import actors as acting
from anlan.people.services.persons import PersonDraft, enrol
from anlan.people.services.posts import PostDraft, appoint, create_post

BY = machine("test")
WHERE = (
    ("市值班员甲", "city_duty", "city", "13700000001"),
    ("值班领导", "approver", "city", "13700000002"),
    ("东区值班员", "district_duty", "east", "13700000003"),
    ("西区值班员", "district_duty", "west", "13700000004"),
    ("街道值班员", "street_duty", "street", "13700000005"),
    ("东升网格员", "grid_worker", "community", "13700000006"),
    ("东升信息员", "disaster_informant", "community", "13700000007"),
)


def staff(town: Town) -> dict[str, object]:
    """Seat everybody; return the actor of each role and place, by name."""
    actors = {}
    for name, role, place, phone in WHERE:
        path = getattr(town, place)
        person = enrol(PersonDraft(name=name, phone=phone), place_path=path, by=BY)
        post = create_post(PostDraft(role=role, place_path=path), by=BY)
        appoint(post.id, person.id, by=BY)
        actors[name] = acting._read(person.id, None)[0]
    return actors
