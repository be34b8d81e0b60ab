"""JSON Patch (RFC 6902) of add, replace, remove and test: what SensorThings clients send. Pure."""

import copy
from typing import Any

from anlan.sensing.odata import Unreadable


def patched(document: dict[str, Any], operations: Any) -> dict[str, Any]:
    """Return the document after the operations. Raises Unreadable: which operation, what is wrong."""
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise Unreadable("a JSON Patch is an array of operations")
    found: Any = copy.deepcopy(document)
    for number, one in enumerate(operations):
        try:
            found = _apply(found, one)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise Unreadable(f"operation {number} ({one.get('op')} {one.get('path')}): {error}") from error
    if not isinstance(found, dict):
        raise Unreadable("the patch leaves no JSON object")
    return found


def _apply(document: Any, one: dict[str, Any]) -> Any:
    op, path = one["op"], [p.replace("~1", "/").replace("~0", "~") for p in str(one["path"]).split("/")[1:]]
    if not path:
        raise ValueError("the whole document cannot be replaced")
    holder = document
    for part in path[:-1]:
        holder = holder[int(part)] if isinstance(holder, list) else holder[part]
    last: Any = path[-1]
    if isinstance(holder, list):
        last = len(holder) if last == "-" else int(last)
    if op == "remove":
        del holder[last]
    elif op == "test":
        if holder[last] != one["value"]:
            raise ValueError("the test does not hold")
    elif op == "add" and isinstance(holder, list):
        holder.insert(last, one["value"])
    elif op in {"add", "replace"}:
        if op == "replace":
            holder[last]
        holder[last] = one["value"]
    else:
        raise ValueError("only add, replace, remove and test are supported")
    return document
