"""A backup that any PostgreSQL from 15 on can take: our migrations make the tables, COPY text in a zip fills them.

The zip holds `tables/<name>.copy` and, last, `manifest.json`: migrations, columns, rows and SHA-256 of every table,
sequences, the months that the ledger and the readings are partitioned by. Keys are not in it: `anlan backup-keys`
keeps them apart.
"""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from anlan.kernel import clock

FORMAT = 1
SKIPPED = frozenset({"django_migrations"})  # the target's own: it was migrated to the same state
FILLED = ("ledger_entry", "people_account", "people_person", "places_place")  # any row in these: not an empty place
CHUNK = 1 << 16

# Partitions travel by their parent. A table comes after those it refers to.
TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""
REFERENCES = """
SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid
"""
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
SEQUENCES = """
SELECT sequencename, coalesce(last_value, start_value), last_value IS NOT NULL FROM pg_sequences
WHERE schemaname = 'public'
"""
MONTHS = """
SELECT DISTINCT right(c.relname, 7) FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass AND c.relname ~ '\\d{4}_\\d{2}$'
"""


class Unfit(RuntimeError):  # noqa: N818 - a sentence: the backup is unfit
    """The file is no whole backup of ours, or the target is not an empty place; the text says which and what to do."""


def ask(query: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params or None)
        return list(cursor.fetchall())


def tables() -> list[str]:
    """Return every table in an order in which each follows what it refers to."""
    waiting = [name for (name,) in ask(TABLES) if name not in SKIPPED]
    needs: dict[str, set[str]] = {name: set() for name in waiting}
    for child, parent in ask(REFERENCES):
        if child in needs and parent in needs:
            needs[child].add(parent)
    ordered: list[str] = []
    while waiting:
        # a circle (persons and accounts) is broken anywhere: our own foreign keys are checked at commit
        name = next((n for n in waiting if needs[n] <= set(ordered)), waiting[0])
        waiting.remove(name)
        ordered.append(name)
    return ordered


def leaves() -> dict[str, str]:
    """Return the last applied migration of every app."""
    return dict(sorted(MigrationRecorder(connection).applied_migrations()))


# --- out


def backup(path: Path, say: Callable[[str], object]) -> Mapping[str, Any]:
    """Write everything as it stands at one moment; the file appears under its name only when it is whole."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file, transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            manifest = write(file, say)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return manifest


def write(file: io.BufferedWriter, say: Callable[[str], object]) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "anlan": FORMAT,
        "made_at": clock.now().isoformat(),
        "server": ask("SHOW server_version")[0][0],
        "migrations": leaves(),
        "months": sorted(month for (month,) in ask(MONTHS, "ledger_entry")),
        "reading_months": sorted(month for (month,) in ask(MONTHS, "sensing_observation")),
        "sequences": {name: [last, called] for name, last, called in ask(SEQUENCES)},
        "tables": {},
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for table in tables():
            columns = [name for (name,) in ask(COLUMNS, table)]
            with archive.open(f"tables/{table}.copy", "w", force_zip64=True) as member:
                digest, size = copy_out(table, columns, member.write)
            count = ask(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)).as_string())[0][0]
            manifest["tables"][table] = {"columns": columns, "rows": count, "bytes": size, "sha256": digest}
            say(f"{table}: {count}")
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def copy_out(table: str, columns: list[str], write: Callable[[bytes], Any]) -> tuple[str, int]:
    """Write a table as COPY text in key order of the heap; return its SHA-256 and size in bytes."""
    digest, size = hashlib.sha256(), 0
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(names, sql.Identifier(table))
    with connection.connection.cursor() as cursor, cursor.copy(query) as stream:
        for block in stream:
            digest.update(block)
            size += len(block)
            write(bytes(block))
    return digest.hexdigest(), size


# --- in


def read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return the manifest of a whole backup. Raises Unfit."""
    try:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Unfit("不是完整的安澜备份：缺少 manifest.json（备份可能中断过）") from error
    if manifest.get("anlan") != FORMAT:
        raise Unfit(f"备份格式是 {manifest.get('anlan')!r}，这个版本只认 {FORMAT}")
    missing = [t for t in manifest["tables"] if f"tables/{t}.copy" not in archive.namelist()]
    if missing:
        raise Unfit(f"备份里缺少表：{'、'.join(missing)}")
    return manifest


def check(path: Path) -> dict[str, Any]:
    """Read the whole file and compare every table's SHA-256. Raises Unfit, naming the first that differs."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = read_manifest(archive)
            for table, said in manifest["tables"].items():
                digest = hashlib.sha256()
                for block in blocks(archive, table):
                    digest.update(block)
                if digest.hexdigest() != said["sha256"]:
                    raise Unfit(f"表 {table} 的内容和校验值不符：文件损坏或被改过")
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise Unfit(f"读不了备份文件：{error}") from error
    return manifest


def blocks(archive: zipfile.ZipFile, table: str) -> Iterator[bytes]:
    with archive.open(f"tables/{table}.copy") as member:
        while block := member.read(CHUNK):
            yield block


def migrate_to(manifest: Mapping[str, Any]) -> None:
    """Bring an empty database to the state that the backup was made in. Raises Unfit where it is newer than we."""
    known = MigrationExecutor(connection).loader.disk_migrations
    newer = [f"{a}.{n}" for a, n in manifest["migrations"].items() if (a, n) not in known and a in apps_known()]
    if newer:
        raise Unfit(f"备份来自更新的版本（{'、'.join(newer)}）：先升级程序，再恢复")
    for app, name in manifest["migrations"].items():
        if (app, name) in known:
            call_command("migrate", app, name, interactive=False, verbosity=0)


def apps_known() -> set[str]:
    return {app for app, _name in MigrationExecutor(connection).loader.disk_migrations}


def refuse_filled() -> None:
    """Raise Unfit unless the target is an empty place."""
    there = set(connection.introspection.table_names())
    for table in FILLED:
        if table in there and ask(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table)).as_string()):
            raise Unfit(f"目标数据库不是空的（{table} 里有数据）。恢复只进空的地方：换一个 ANLAN_HOME 或新建一个数据库")


def restore(path: Path, say: Callable[[str], object]) -> dict[str, Any]:
    """Fill an empty place from a backup in one transaction: all of it or nothing. Run as the tables' owner."""
    manifest = check(path)
    refuse_filled()
    migrate_to(manifest)
    with zipfile.ZipFile(path) as archive, transaction.atomic():
        make_months("ledger_add_partition", manifest["months"])
        make_months("sensing_add_partition", manifest.get("reading_months", []))
        mine, said = tables(), manifest["tables"]
        absent = sorted(set(said) - set(mine))
        if absent:
            raise Unfit(f"备份里有这个版本没有的表：{'、'.join(absent)}")
        with quiet(mine):
            empty(mine)
            for table in (t for t in mine if t in said):
                copy_in(archive, table, said[table])
                say(f"{table}: {said[table]['rows']}")
        for name, (last, called) in manifest["sequences"].items():
            if ask("SELECT to_regclass(%s)", name)[0][0]:
                ask("SELECT setval(%s::regclass, %s, %s)", name, last, called)
    call_command("migrate", interactive=False, verbosity=0)
    return manifest


def make_months(add: str, months: list[str]) -> None:
    """Make a table's partitions for the months that the backup has, by the function that makes one."""
    for month in months:
        year, number = map(int, month.split("_"))
        ask(f"SELECT {add}(%s)", date(year, number, 1))


class quiet:  # noqa: N801 - used as a verb: with quiet(tables)
    """Keep our own triggers (append-only, notifications) from firing; foreign keys stay on."""

    def __init__(self, names: list[str]) -> None:
        partitions = [name for (name,) in ask("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")]
        self.names = [*names, *partitions]

    def each(self, how: str) -> None:
        with connection.cursor() as cursor:
            for name in self.names:
                cursor.execute(sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(sql.Identifier(name), sql.SQL(how)))

    def __enter__(self) -> None:
        self.each("DISABLE")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self.each("ENABLE")


def empty(names: list[str]) -> None:
    """Take out the rows that migrations put in: the backup has its own of them."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, names))))


def copy_in(archive: zipfile.ZipFile, table: str, said: Mapping[str, Any]) -> None:
    """Fill one table; raises Unfit where the number of rows is not what the manifest says."""
    names = sql.SQL(", ").join(map(sql.Identifier, said["columns"]))
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.connection.cursor() as cursor:
        with cursor.copy(query) as stream:
            for block in blocks(archive, table):
                stream.write(block)
        if cursor.rowcount != said["rows"]:
            raise Unfit(f"表 {table} 应有 {said['rows']} 行，读到 {cursor.rowcount} 行")
