"""Columns to and from PostgreSQL in its binary form, a million values in some milliseconds. Pure; psycopg and NumPy."""

from typing import Any, ClassVar

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format

EPOCH = 946_684_800_000_000  # µs from 1970 to 2000, from where PostgreSQL counts


class Array:
    """A column as a parameter: `integer[]`, `timestamptz[]` … of a subclass's `item` and `oid`s."""

    item: ClassVar[str]
    oid: ClassVar[int]
    of: ClassVar[int]

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def raw(self) -> bytes:
        """Return the array as the server's receive functions read it."""
        rows = np.empty(self.values.size, np.dtype([("size", ">i4"), ("item", f">{self.item}")]))
        rows["size"], rows["item"] = np.dtype(self.item).itemsize, self.values
        head = np.array([1, 0, self.of, self.values.size, 1] if self.values.size else [0, 0, self.of], ">i4")
        return head.tobytes() + rows.tobytes()


class Integers(Array):
    """integer[]."""

    item, oid, of = "i4", 1007, 23


class Smalls(Array):
    """smallint[]."""

    item, oid, of = "i2", 1005, 21


class Doubles(Array):
    """double precision[]."""

    item, oid, of = "f8", 1022, 701


class Times(Array):
    """timestamptz[], from µs since 1970."""

    item, oid, of = "i8", 1185, 1184

    def __init__(self, values: NDArray[Any]) -> None:
        super().__init__(values - EPOCH)


class Dates(Array):
    """date[], from days since 1970."""

    item, oid, of = "i4", 1182, 1082

    def __init__(self, values: NDArray[Any]) -> None:
        super().__init__(values - 10957)


def _dumper(kind: type[Array]) -> type[Dumper]:
    class Made(Dumper):
        format = Format.BINARY
        oid = kind.oid

        def dump(self, obj: Any) -> bytes:
            return bytes(obj.raw())

    return Made


_DUMPERS = [(kind, _dumper(kind)) for kind in (Integers, Smalls, Doubles, Times, Dates)]


def cursor(connection: "psycopg.Connection[Any]") -> "psycopg.Cursor[Any]":
    """Return a cursor that binds on the server, takes arrays and returns bytes as they are."""
    made = psycopg.Cursor(connection)
    for kind, dumper in _DUMPERS:
        made.adapters.register_dumper(kind, dumper)
    made.format = Format.BINARY
    return made


def items(raw: bytes | memoryview | None, kind: str) -> NDArray[Any]:
    """Return what `array_send` made of an array without nulls: "i4", "f8"; "i8" timestamptz become µs since 1970."""
    if raw is None or not bytes(raw[:4])[3]:
        return np.empty(0, kind)
    found = np.frombuffer(raw, np.dtype([("size", ">i4"), ("item", f">{kind}")]), offset=20)["item"].astype(kind)
    return found + EPOCH if kind == "i8" else found
