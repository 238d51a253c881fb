"""Reads published folders with other people's programs and holds what they see against manifest and payload.

Usage: check_readers.py FOLDER...        (needs pyarrow and duckdb; see requirements.txt)

Every `manifest.json` under the folders is followed: size, hash and number of rows of each file; for the Parquet trees also the
types, the partitions and the hive reading of pyarrow and DuckDB; and, where the JSON payload is among the folders, every value of
every copy of `assessment` and `feedback` against it. It knows the documented names and types, and nothing of the program.
Exit code 0 when all agree, 1 with a line for each difference, 2 when there is nothing to check.
"""

import csv
import datetime
import gzip
import hashlib
import io
import json
import sys
import urllib.parse
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.dataset
import pyarrow.parquet

csv.field_size_limit(2**31 - 1)

KEYS = {
    "assessment": ["tenant", "assessment_id"],
    "assessment_answer": ["tenant", "assessment_id", "ordinal"],
    "feedback": ["tenant", "feedback_id"],
    "form_version": ["tenant", "form_version_id"],
    "form_question": ["tenant", "form_version_id", "question_id"],
    "scope": ["tenant", "kind", "scope_id"],
    "tombstone": ["tenant", "stream", "id"],
}
PAYLOADS = {"qa_assessments_payload.json": "assessment", "agent_feedback_payload.json": "feedback"}
PARTITIONS = {"assessment": "form_version_id", "feedback": "created_month"}
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"

TIMES = {
    "interaction_end_time", "submitted_at", "modified_at", "extraction_timestamp", "created_at", "published_at",
    "first_missed_at", "confirmed_at", "resurrected_at",
}
REALS = {
    "raw_score", "normalized_score", "final_score", "applicable_share", "score", "max_score", "weight", "max_possible_score",
}
INTS = {"na_questions", "ordinal"}
BOOLS = {"failed_critical", "score_version_locked", "is_archived", "not_applicable", "critical", "active"}
LISTS = {"scope_ids", "score_flags", "tags"}
JSONS = {"questions", "extra"}

problems = []


def problem(where, what):
    problems.append(f"{where}: {what}")


def kind(column):
    for name, columns in (("time", TIMES), ("real", REALS), ("int", INTS), ("bool", BOOLS), ("list", LISTS), ("json", JSONS)):
        if column in columns:
            return name
    return "text"


def shown(value):
    """A value as the comparison sees it: numbers as numbers, JSON as JSON."""
    if isinstance(value, dict):
        return {name: shown(one) for name, one in sorted(value.items())}
    if isinstance(value, list):
        return [shown(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def typed(column, text):
    """The value of a CSV field; an empty one is null, or empty text, which this reader cannot tell apart."""
    name = kind(column)
    if text == "":
        return None
    if name == "text":
        guarded = text.startswith("'") and text.lstrip("'")[:1] in ("=", "+", "-", "@", "\t", "\r")
        return text[1:] if guarded else text
    return text if name == "time" else json.loads(text)


def opened(path):
    if path.name.endswith(".gz"):
        return gzip.open(path, "rb")
    if path.name.endswith(".zst"):
        return pyarrow.input_stream(str(path), compression="zstd")
    return open(path, "rb")


def time_text(value):
    """RFC 3339 with milliseconds, of an aware moment or of milliseconds since 1970."""
    if value is None:
        return None
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(milliseconds=value)
    value = value.astimezone(datetime.timezone.utc)
    return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def rows_of_text_file(path):
    """The rows of a JSON, NDJSON or CSV file as dicts."""
    with opened(path) as file:
        if ".csv" in path.name:
            reader = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""), strict=True)
            header = next(reader)
            for record in reader:
                if len(record) != len(header):
                    problem(path, f"a line has {len(record)} fields for {len(header)} names")
                yield {name: typed(name, text) for name, text in zip(header, record)}
        elif ".ndjson" in path.name:
            for line in io.TextIOWrapper(file, encoding="utf-8", newline="\n"):
                yield json.loads(line)
        else:
            yield from json.load(file)


def check_types(path, row):
    for column, value in row.items():
        name = kind(column)
        good = value is None or {
            "time": lambda: isinstance(value, str) and len(value) == 24 and value.endswith("Z"),
            "real": lambda: isinstance(value, (int, float)) and not isinstance(value, bool),
            "int": lambda: isinstance(value, int) and not isinstance(value, bool),
            "bool": lambda: isinstance(value, bool),
            "list": lambda: isinstance(value, list) and all(isinstance(one, str) for one in value),
            "json": lambda: True,
            "text": lambda: isinstance(value, str),
        }[name]()
        if not good:
            problem(path, f"`{column}` is {value!r}, not {name}")


def check_text_file(path, table, entry, payload):
    key, seen, columns = KEYS[table], [], None
    for row in rows_of_text_file(path):
        columns = columns or list(row)
        if list(row) != columns:
            problem(path, f"columns differ from row to row: {list(row)}")
        check_types(path, row)
        seen.append(row)
    if len(seen) != entry["rows"]:
        problem(path, f"{len(seen)} rows; the manifest says {entry['rows']}")
    order = [tuple(part.encode() if isinstance(part, str) else part for part in (row[name] for name in key)) for row in seen]
    if ".csv" not in path.name and (order != sorted(order) or len(set(order)) != len(order)):
        problem(path, "rows are not in the order of their key, or twice")
    if table in payload and path.name not in PAYLOADS:
        compare(path, table, seen, payload[table], is_csv=".csv" in path.name)


def compare(where, table, rows, expected, is_csv=False):
    """Row by row against the payload."""

    def plain(value):
        value = shown(value)
        if is_csv and isinstance(value, str):
            return value.replace("\0", "\u2400") or None
        return value

    def by_key(some):
        return {tuple(plain(row[name]) for name in KEYS[table]): row for row in some}

    rows, expected = by_key(rows), by_key(expected)
    if rows.keys() != expected.keys():
        problem(where, f"{len(rows)} keys for {len(expected)} in the payload; e.g. {list(rows.keys() ^ expected.keys())[:3]}")
    for key in rows.keys() & expected.keys():
        for column, value in expected[key].items():
            if plain(rows[key].get(column)) != plain(value):
                problem(where, f"{key} `{column}`: {rows[key].get(column)!r}; the payload has {value!r}")


def arrow_type(column):
    return {
        "time": pyarrow.timestamp("ms", tz="UTC"), "real": pyarrow.float64(), "int": pyarrow.int64(), "bool": pyarrow.bool_(),
        "list": pyarrow.list_(pyarrow.string()), "json": pyarrow.string(), "text": pyarrow.string(),
    }[kind(column)]


def duckdb_type(column):
    return {
        "time": "TIMESTAMP WITH TIME ZONE", "real": "DOUBLE", "int": "BIGINT", "bool": "BOOLEAN", "list": "VARCHAR[]",
        "json": "VARCHAR", "text": "VARCHAR",
    }[kind(column)]


def from_parquet(table, rows):
    for row in rows:
        row.pop("created_month", None)
        for column, value in row.items():
            if kind(column) == "time":
                row[column] = time_text(value)
            elif kind(column) == "json" and value is not None:
                row[column] = json.loads(value)
    return rows


def check_parquet_file(root, path, entry):
    parts = path.split("/")
    archived = parts[0] == "archive"
    table, folder = parts[archived], parts[archived + 1]
    file = pyarrow.parquet.ParquetFile(root / path)
    where = root / path
    if file.metadata.num_rows != entry["rows"]:
        problem(where, f"{file.metadata.num_rows} rows; the manifest says {entry['rows']}")
    for field in file.schema_arrow:
        if field.type != arrow_type(field.name):
            problem(where, f"`{field.name}` is {field.type}, not {arrow_type(field.name)}")
    for group in range(file.metadata.num_row_groups):
        if 65_536 < file.metadata.row_group(group).num_rows:
            problem(where, f"row group {group} has {file.metadata.row_group(group).num_rows} rows")
        codecs = {file.metadata.row_group(group).column(column).compression for column in range(file.metadata.num_columns)}
        if codecs != {"ZSTD"}:
            problem(where, f"compressed by {codecs}")
    if "is_archived" in file.schema_arrow.names:
        flags = set(file.read(["is_archived"])["is_archived"].to_pylist())
        if (True in flags) != archived or (archived and flags != {True}):
            problem(where, f"is_archived is {flags}")
    if table in PARTITIONS:
        name, _, value = folder.partition("=")
        if name != PARTITIONS[table] or name in file.schema_arrow.names:
            problem(where, f"partition `{name}` in the folder's name, {name in file.schema_arrow.names} in the file")
        if table == "feedback":
            months = {(time_text(at) or "")[:7] or HIVE_NULL for at in file.read(["created_at"])["created_at"].to_pylist()}
            if months - {urllib.parse.unquote(value)}:
                problem(where, f"holds {months}")
    return table, archived


def check_tree(root, entries, payload):
    """The whole tree, as pyarrow and DuckDB read hive partitions."""
    trees = {}
    for path, entry in entries.items():
        table, archived = check_parquet_file(root, path, entry)
        tree = root / "archive" / table if archived else root / table
        trees.setdefault((table, tree), []).append(entry["rows"])
    seen = {}
    for (table, tree), counts in sorted(trees.items()):
        partition = PARTITIONS.get(table)
        by = pyarrow.dataset.partitioning(pyarrow.schema([(partition, pyarrow.string())]), flavor="hive") if partition else None
        found = pyarrow.dataset.dataset(tree, format="parquet", partitioning=by).to_table()
        if found.num_rows != sum(counts):
            problem(tree, f"pyarrow reads {found.num_rows} rows; the manifest says {sum(counts)}")
        # The readers' own guesses must work as well; they may take an id of digits for a number.
        guessed = pyarrow.dataset.dataset(tree, format="parquet", partitioning="hive").count_rows()
        if guessed != sum(counts):
            problem(tree, f"pyarrow reads {guessed} rows when it guesses; the manifest says {sum(counts)}")
        files = str(tree / "**" / "*.parquet").replace("'", "''")
        source = f"read_parquet('{files}', hive_partitioning = {str(bool(partition)).lower()}, hive_types_autocast = false)"
        types = {row[0]: row[1] for row in duckdb.sql(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        for column, is_type in types.items():
            if is_type != duckdb_type(column):
                problem(tree, f"DuckDB takes `{column}` for {is_type}, not {duckdb_type(column)}")
        if set(types) != set(found.column_names) or len(types) != found.num_columns:
            problem(tree, f"DuckDB sees {sorted(types)}, pyarrow {sorted(found.column_names)}")
        columns = [f'epoch_ms("{name}")' if kind(name) == "time" else f'"{name}"' for name in types]
        by_duckdb = [dict(zip(types, row)) for row in duckdb.sql(f"SELECT {', '.join(columns)} FROM {source}").fetchall()]
        guessed = duckdb.sql(f"SELECT count(*) FROM read_parquet('{files}')").fetchall()[0][0]
        if guessed != len(by_duckdb):
            problem(tree, f"DuckDB reads {guessed} rows when it guesses, {len(by_duckdb)} when told")
        seen.setdefault(table, ([], []))
        seen[table][0].extend(from_parquet(table, found.to_pylist()))
        seen[table][1].extend(from_parquet(table, by_duckdb))
    for table, (by_arrow, by_duckdb) in seen.items():
        compare(f"{root} by DuckDB", table, by_duckdb, by_arrow)
        if table in payload:
            compare(f"{root} by pyarrow", table, by_arrow, payload[table])


def check_folder(manifest_path, payload):
    root = manifest_path.parent
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    if manifest["format"] != 1:
        problem(manifest_path, f"format {manifest['format']}")
    entries = manifest["files"]
    for path, entry in entries.items():
        data = (root / path).read_bytes()
        if len(data) != entry["bytes"] or hashlib.sha256(data).hexdigest() != entry["sha256"]:
            problem(root / path, "size or hash is not that of the manifest")
        if entry["table"] not in KEYS or not entry["run_id"] or len(entry["written_at"]) != 24:
            problem(root / path, f"entry {entry}")
    parquet = {path: entry for path, entry in entries.items() if path.endswith(".parquet")}
    for path, entry in entries.items():
        if path not in parquet:
            check_text_file(root / path, entry["table"], entry, payload)
    if parquet:
        on_disk = {str(path.relative_to(root)) for path in root.rglob("*.parquet")}
        if on_disk != set(parquet):
            problem(root, f"files that the manifest does not tell of: {sorted(on_disk ^ set(parquet))[:3]}")
        try:
            check_tree(root, parquet, payload)
        except (duckdb.Error, pyarrow.ArrowException, ValueError) as error:
            problem(root, f"a reader gave up: {str(error).splitlines()[0]}")
    if left := [path for path in root.rglob(".*.tmp")]:
        problem(root, f"left over: {left[:3]}")
    print(f"{root}: {len(entries)} files, {sum(entry['rows'] for entry in entries.values())} rows", file=sys.stderr)


def main(folders):
    manifests = sorted({path for folder in folders for path in Path(folder).rglob("manifest.json")})
    payload = {}
    for folder in folders:
        for name, table in PAYLOADS.items():
            for path in Path(folder).rglob(name):
                payload[table] = json.loads(path.read_text(encoding="utf-8"))
    if not manifests:
        print(f"no manifest.json under {', '.join(folders) or 'nothing'}", file=sys.stderr)
        return 2
    for manifest in manifests:
        check_folder(manifest, payload)
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
