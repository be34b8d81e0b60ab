"""How entities of SensorThings read as JSON."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from anlan.sensing.queries.sta import Found, Page
from anlan.sensing.queries.sta_kinds import Kind, identifier

Times = Mapping[int, tuple[dt.datetime, dt.datetime]]
_TEXTS = ("name", "description")


def link(root: str, kind: str, ident: Any) -> str:
    """Return the address of an entity."""
    return f"{root}/{kind}({ident})" if isinstance(ident, int) else f"{root}/{kind}('{ident}')"


def _time(at: dt.datetime | None) -> str | None:
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if at else None


def _utc(text: Any) -> Any:
    return text.replace("+00:00", "Z") if isinstance(text, str) else text


def plain(kind: Kind, row: Any, times: Times) -> dict[str, Any]:
    """Return the properties of an entity, without links."""
    if kind.name == "HistoricalLocations":
        return {"time": _time(row.time)}
    if kind.name == "Observations":
        return _observation(row)
    said: dict[str, Any] = {"name": row.name, "description": row.description}
    if kind.name == "Datastreams":
        between = times.get(row.pk)
        said |= {
            "observationType": row.observation_type,
            "unitOfMeasurement": {
                "name": row.unit_name or None, "symbol": row.unit or None, "definition": row.unit_definition or None,
            },
            "phenomenonTime": f"{_time(between[0])}/{_time(between[1])}" if between else None,
        }  # fmt: skip
    own = {"encodingType": "encoding", "metadata": "metadata", "definition": "definition", "location": "location",
           "feature": "feature"}  # fmt: skip
    said |= {name: getattr(row, column) for name, column in own.items() if name in kind.columns}
    return said | {"properties": row.properties}


def _observation(row: Any) -> dict[str, Any]:
    other = row.other or {}
    start = _time(row.at)
    return {
        "phenomenonTime": f"{start}/{_utc(other['until'])}" if "until" in other else start,
        "result": other.get("result", row.value),
        "resultTime": _utc(other.get("resultTime")),
        "validTime": _utc(other.get("validTime")),
        "resultQuality": other.get("resultQuality"),
        "parameters": other.get("parameters") or {},
    }  # fmt: skip


def entity(found: Found, root: str, select: Sequence[str], times: Times) -> dict[str, Any]:
    """Return an entity with its links, or with what they lead to where that was expanded."""
    kind, ident = found.kind, identifier(found.row)
    here = link(root, kind.name, ident)
    said = plain(kind, found.row, times)
    whole: dict[str, Any] = {"@iot.selfLink": here, "@iot.id": ident}
    if select:
        said = {name: value for name, value in said.items() if name in select}
        whole = whole if {"@iot.id", "id"} & set(select) else {}
    whole |= said
    for name in kind.links:
        if name in found.one:
            one = found.one[name]
            whole[name] = entity(one, root, (), times) if one else None
        elif name in found.many:
            page = found.many[name]
            whole[name] = [entity(item, root, page.options.select, times) for item in page.items]
            if page.more:
                skip = page.options.skip + len(page.items)
                whole[f"{name}@iot.nextLink"] = f"{here}/{name}?$top={page.options.top}&$skip={skip}"
        elif not select:
            whole[f"{name}@iot.navigationLink"] = f"{here}/{name}"
    return whole


def collection(page: Page, root: str, after: str, times: Times) -> dict[str, Any]:
    """Return a page of a collection; `after` is the address of the next one."""
    said: dict[str, Any] = {} if page.count is None else {"@iot.count": page.count}
    if after:
        said["@iot.nextLink"] = after
    if page.options.data_array and page.kind.name == "Observations":
        return said | {"value": _data_arrays(page, root)}
    return said | {"value": [entity(item, root, page.options.select, times) for item in page.items]}


def _data_arrays(page: Page, root: str) -> list[dict[str, Any]]:
    names = [n for n in page.options.select if n != "id"] or ["phenomenonTime", "result", "resultTime"]
    by_stream: dict[int, list[list[Any]]] = {}
    for item in page.items:
        said = _observation(item.row)
        by_stream.setdefault(item.row.stream, []).append([identifier(item.row), *(said.get(n) for n in names)])
    return [
        {
            "Datastream@iot.navigationLink": link(root, "Datastreams", stream), "components": ["id", *names],
            "dataArray@iot.count": len(rows), "dataArray": rows,
        }
        for stream, rows in by_stream.items()
    ]  # fmt: skip
