"""OGC SensorThings API 1.1 (18-088) over HTTP: addresses, methods, and how entities read as JSON.

Reading: whoever is signed in, or a feed's token. Writing: a feed's token, as `Authorization: Bearer <token>` or as the
password of Basic authentication, which unmodified clients send.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.sensing import jsonpatch, odata
from anlan.sensing.api.sta_json import collection, entity, link
from anlan.sensing.queries import sta as queries
from anlan.sensing.queries.sta import Seen
from anlan.sensing.queries.sta_kinds import KINDS, SINGULAR, Kind, identifier
from anlan.sensing.services import doors, sta, sta_changes, sta_observations
from anlan.sensing.services.sta_observations import Door
from anlan.sensing.terms import Can

LARGEST = 32 * 1024 * 1024
CONFORMANCE = [
    "http://www.opengis.net/spec/iot_sensing/1.1/req/" + part
    for part in (
        "datamodel", "resource-path/resource-path-to-entities", "request-data", "create-update-delete/create-entity",
        "create-update-delete/link-to-existing-entities", "create-update-delete/deep-insert",
        "create-update-delete/update-entity", "create-update-delete/delete-entity",
        "create-update-delete/update-entity-jsonpatch", "data-array/data-array",
    )
]  # fmt: skip


@login_not_required
@csrf_exempt
def serve(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer one request. Errors are JSON with `code` and `message`, as OGC 18-088 leaves free and FROST does."""
    try:
        seen, door = _who(request)
        return _answer(request, path, seen, door)
    except odata.Unreadable as error:
        return _problem(400, str(error))
    except Invalid as error:
        return _problem(422 if "" not in error.errors else 400, str(error), error.errors)
    except Hidden as error:
        return _problem(404, str(error) or _("没有这一项"))
    except Conflict as error:
        return _problem(409, str(error))
    except Refused as error:
        code = 401 if error.can == "" else 403
        answer = _problem(code, _("要用数据来源的令牌，或者先登录") if code == 401 else _("这个令牌不能做这一步"))
        if code == 401:
            answer["WWW-Authenticate"] = 'Basic realm="SensorThings", Bearer'
        return answer


def _problem(code: int, message: str, errors: Mapping[str, str] | None = None) -> HttpResponse:
    said = {"code": code, "type": "error", "message": message} | ({"errors": errors} if errors else {})
    return HttpResponse(orjson.dumps(said), status=code, content_type="application/json")


def _json(said: Any, status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(orjson.dumps(said), status=status, content_type="application/json", headers=headers)


def _who(request: HttpRequest) -> tuple[Seen, Door | None]:
    """Return what the caller sees, and their door where they may write. Raises Refused."""
    token = _token(request.headers.get("Authorization", ""))
    if token:
        feed = doors.by_token(token)
        if feed is None:
            raise Refused("", "")
        return Seen((feed.place_path,)), Door(authority.machine(f"feed:{feed.name}"), feed.place_path, feed.id)
    by: Actor | None = getattr(request, "actor", None)
    if by is None:
        raise Refused("", "")
    if not authority.anywhere(by, [Can.SEE]):
        raise Refused(Can.SEE, "")
    return Seen(authority.scopes(by, Can.SEE), by.exercise), None


def _token(header: str) -> str:
    scheme, _space, said = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(said, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return said.strip() if scheme.lower() == "bearer" else ""


def _answer(request: HttpRequest, path: str, seen: Seen, door: Door | None) -> HttpResponse:
    root = request.build_absolute_uri("/sta/v1.1")
    steps = odata.resource(path)
    reading = request.method in {"GET", "HEAD"}
    if not steps:
        return _json(_landing(root)) if reading else _problem(405, "GET")
    if not reading and door is None:
        raise Refused(Can.SEND, "")
    if steps == [("CreateObservations", None)] and request.method == "POST" and door:
        made = sta_observations.create_observations(_body(request), door=door)
        return _json([link(root, "Observations", one) if one else "error" for one in made], 201)
    if reading:
        return _read(request, root, steps, seen)
    if door is None:  # unreachable after the check above; says so to the type checker
        raise Refused(Can.SEND, "")
    return _write(request, root, steps, door)


def _landing(root: str) -> dict[str, Any]:
    return {
        "value": [{"name": name, "url": f"{root}/{name}"} for name in KINDS],
        "serverSettings": {"conformance": CONFORMANCE},
    }


def _walk(steps: list[tuple[str, str | None]], seen: Seen) -> tuple[Kind, Any, Any, list[str]]:
    """Follow an address; return (kind, rows, row or None, what is left: property, $value, $ref)."""
    name, ident = steps[0]
    if name not in KINDS:
        raise Hidden(_("没有 {name} 这个地址").format(name=name[:40]))
    kind, row = KINDS[name], None
    rows = queries.rows(kind, seen)
    if ident is not None:
        row = queries.one(kind, ident, seen)
    for n, (step, ident) in enumerate(steps[1:], start=1):
        if row is None or step not in kind.links:
            return kind, rows, row, [s for s, _i in steps[n:]]
        to = kind.links[step]
        rows = queries.related(row, kind, step, seen)
        kind = KINDS[to.to]
        row = queries.one(kind, ident, seen, within=rows) if ident is not None else None
        if not to.many:
            row = rows.first()
            if row is None:
                raise Hidden(_("没有这一项"))
    return kind, rows, row, []


def _read(request: HttpRequest, root: str, steps: list[tuple[str, str | None]], seen: Seen) -> HttpResponse:
    kind, rows, row, left = _walk(steps, seen)
    options = odata.options({k: v for k, v in request.GET.items() if isinstance(v, str)})
    if row is not None and not left:
        found = queries.entity(kind, row, options, seen)
        return _json(entity(found, root, options.select, queries.times(_streams([found]))))
    if row is not None:
        return _property(kind, row, left, root, seen)
    if left not in ([], ["$ref"]):
        raise Hidden(_("没有 {name} 这个地址").format(name=left[0][:40]))
    page = queries.page(kind, rows, options, seen)
    if left == ["$ref"]:
        return _json({"value": [{"@iot.selfLink": link(root, kind.name, identifier(i.row))} for i in page.items]})
    after = ""
    if page.more:
        kept = dict(request.GET.items()) | {"$skip": str(options.skip + len(page.items))}
        after = f"{request.build_absolute_uri(request.path)}?{urlencode(kept)}"
    return _json(collection(page, root, after, queries.times(_streams(page.items))))


def _streams(items: list[Any]) -> list[int]:
    """Return the ids of every datastream among entities and what they bring: their times are read together."""
    found: list[int] = []
    for item in items:
        if item.kind.name == "Datastreams":
            found.append(item.row.pk)
        for page in item.many.values():
            found += _streams(page.items)
        found += _streams([one for one in item.one.values() if one])
    return found


def _property(kind: Kind, row: Any, left: list[str], root: str, seen: Seen) -> HttpResponse:
    whole = entity(queries.entity(kind, row, odata.Options(), seen), root, (), queries.times(
        [row.pk] if kind.name == "Datastreams" else []
    ))  # fmt: skip
    name, *rest = left
    if name not in whole or name.startswith("@") or rest not in ([], ["$value"]):
        raise Hidden(_("没有 {name} 这个地址").format(name="/".join(left)[:40]))
    value = whole[name]
    if rest:
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        return HttpResponse(text, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204) if value is None else _json({name: value})


def _body(request: HttpRequest) -> Any:
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        raise Invalid(_("一次最多 {mb} MB").format(mb=LARGEST // 1024 // 1024))
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Invalid(_("不是 JSON：{error}").format(error=str(error)[:120])) from error


def _write(request: HttpRequest, root: str, steps: list[tuple[str, str | None]], door: Door) -> HttpResponse:
    last, ident = steps[-1]
    if request.method == "POST":
        if ident is not None:
            return _problem(405, _("新建要发到集合，不是一项"))
        parent = None
        if len(steps) > 1:
            kind, _rows, row, left = _walk(steps[:-1], door.seen)
            if row is None or left or last not in kind.links:
                raise Hidden(_("没有这个地址"))
            parent = (_seen_from(kind, last), row)
            last = kind.links[last].to
        if last not in KINDS:
            raise Hidden(_("没有 {name} 这个地址").format(name=last[:40]))
        made = sta.create(last, _body(request), door=door, parent=parent)
        where = link(root, last, made if isinstance(made, str) else identifier(made))
        return HttpResponse(b"", status=201, content_type="application/json", headers={"Location": where})
    kind, _rows, row, left = _walk(steps, door.seen)
    if row is None or left:
        return _problem(405, _("改和删都要指明是哪一项"))
    acts: dict[str, Callable[[], Any]] = {
        "PATCH": lambda: _patch(request, kind, row, root, door),
        "PUT": lambda: sta_changes.patch(kind.name, row, _body(request), door=door),
        "DELETE": lambda: sta_changes.remove(kind.name, row, door=door),
    }
    if request.method not in acts:
        return _problem(405, "GET, POST, PATCH, PUT, DELETE")
    acts[str(request.method)]()
    return HttpResponse(b"", status=200, content_type="application/json")


def _patch(request: HttpRequest, kind: Kind, row: Any, root: str, door: Door) -> None:
    body = _body(request)
    if request.content_type == "application/json-patch+json":
        plain = entity(queries.Found(kind, row, {}, {}), root, (), {})
        body = jsonpatch.patched({k: v for k, v in plain.items() if "@iot" not in k}, body)
    sta_changes.patch(kind.name, row, body, door=door)


def _seen_from(kind: Kind, name: str) -> str:
    """Return what the new one calls its parent: Things/Datastreams gives "Thing", Things/Locations gives "Things"."""
    to = KINDS[kind.links[name].to]
    return kind.one if kind.one in to.links else next(n for n, up in to.links.items() if up.to == SINGULAR[kind.one])
