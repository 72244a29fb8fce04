"""Parquet files that notice damage: checksums of their pages and of their footer.

Parquet has checksums of pages alone; a flipped bit in the footer can rename a column or take rows
away. A table without the footer's checksum, of another program or an older run, is read as it is.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lahja.core.errors import DamagedError, LahjaError

# What a byte of another's file may stand for: bytes of its own column, values and bytes of texts of
# the whole; honest files have a tenth. So many values and bytes any file may have.
_PACKED, _RATIO, _FEW, _LEAST = 1000, 100, 1 << 20, 1 << 28
_AT_ONCE = 1 << 26

_KEY, _NONE = b"lahja.footer", b"0" * 8
# What the keys of lahja's metadata begin with: a flipped bit spares one of two.
_OURS = b"lahja."
# The key's place in the footer; two bytes, type and length, go before the value.
_PLACE = re.compile(re.escape(_KEY) + rb"..([0-9a-f]{8})", re.DOTALL)
# A file ends with the footer's length and these bytes.
_MAGIC, _TAIL = b"PAR1", 8


@contextmanager
def parquet_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Give a writer of tables of a schema, whose metadata is kept, to one file."""
    marked = schema.with_metadata({**(schema.metadata or {}), _KEY: _NONE})
    with pq.ParquetWriter(path, marked, write_page_checksum=True) as writer:
        yield writer
    with path.open("r+b") as file:
        start, footer = _footer(file)
        place = [*_PLACE.finditer(footer)][-1]
        file.seek(start + place.start(1))
        file.write(b"%08x" % zlib.crc32(footer))


def read_parquet(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Return a table with these columns, or all.

    Raises `LahjaError` naming the file where it cannot be read, `DamagedError` where it is damaged.
    """
    check_parquet(path)
    return _told(path, pq.read_table, columns=columns, page_checksum_verification=True)


def iterate_rows(path: Path, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of another's file with these columns, or all where none is named.

    Raises `LahjaError` where a few bytes of it stand for very many.
    """
    with pq.ParquetFile(path) as file:
        schema, about = file.schema_arrow, file.metadata
    chosen, size, n_bytes = columns or schema.names, path.stat().st_size, 0
    kinds = {name: schema.field(name).type for name in chosen}
    for chunk in _chunks(about, chosen):
        packed, unpacked = chunk.total_compressed_size, chunk.total_uncompressed_size
        is_bomb = chunk.physical_type == "BYTE_ARRAY" and unpacked > max(_LEAST, _PACKED * packed)
        if is_bomb or chunk.num_values > max(_FEW, _RATIO * size):
            told = f"{chunk.num_values} values of {unpacked} bytes, packed into {packed}"
            raise LahjaError(f"{path}: column {chunk.path_in_schema}: {told}")
    # One text can stand for a whole column: it is not repeated before its length is known.
    texts = [name for name, kind in kinds.items() if kind in (pa.string(), pa.large_string())]
    is_flat = not any(map(pa.types.is_nested, kinds.values()))
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        for batch in file.iter_batches(4096 if is_flat else 64, columns=chosen):
            lengths = [*map(_lengths, filter(_is_dictionary, batch.columns))]
            n_bytes += sum(pc.sum(own).as_py() or 0 for own in lengths)
            if n_bytes > max(_LEAST, _RATIO * size):
                raise LahjaError(f"{path}: texts of {n_bytes} bytes or more in a file of {size}")
            longest = max((pc.max(own).as_py() or 1 for own in lengths), default=1)
            for start in range(0, len(batch), step := max(1, _AT_ONCE // max(1, longest))):
                yield from batch.slice(start, step).to_pylist()


def _chunks(about: pq.FileMetaData, chosen: list[str]) -> Iterator[pq.ColumnChunkMetaData]:
    for group in map(about.row_group, range(about.num_row_groups)):
        for chunk in map(group.column, range(group.num_columns)):
            if any(f"{chunk.path_in_schema}.".startswith(f"{name}.") for name in chosen):
                yield chunk


def _is_dictionary(column: pa.Array) -> bool:
    return pa.types.is_dictionary(column.type)


def _lengths(column: pa.DictionaryArray) -> pa.Array:
    """Return the bytes of each text."""
    return pc.take(pc.binary_length(column.dictionary), column.indices)


def check_parquet(path: Path, *, with_pages: bool = False) -> pq.FileMetaData:
    """Return a file's metadata once its footer, and if asked all pages, are known to be whole."""
    return _told(path, _check, with_pages=with_pages)


def has_checksum(about: pq.FileMetaData) -> bool:
    """Whether a file was written with checksums, by its metadata."""
    return _KEY in (about.metadata or {})


def _check(path: Path, with_pages: bool) -> pq.FileMetaData:
    with path.open("rb") as file:
        _, footer = _footer(file)
    if places := [*_PLACE.finditer(footer)]:
        start, end = places[-1].span(1)
        crc = zlib.crc32(footer[:start] + _NONE + footer[end:])
        if footer[start:end] != b"%08x" % crc:
            raise ValueError("the checksum of its footer differs")
    elif _OURS in footer:
        raise ValueError("the checksum of its footer is gone")
    with pq.ParquetFile(path, page_checksum_verification=True) as table:
        for _ in table.iter_batches() if with_pages else ():
            pass
        return table.metadata


def _footer(file: Any) -> tuple[int, bytes]:
    """Return where an open file's footer begins, and its bytes."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or length + _TAIL > size:
        raise ValueError("it has no footer")
    start = file.seek(size - _TAIL - length)
    return start, file.read(length)


def _told(path: Path, act: Any, **how: Any) -> Any:
    try:
        return act(path, **how)
    except MemoryError:
        raise LahjaError(f"{path}: it needs more memory than there is") from None
    except (OSError, ValueError, pa.ArrowException) as error:
        told = f"{path}: not a Parquet table ({error})"
        # What the system refuses has a number; the rest is what the bytes are like.
        is_refused = bool(getattr(error, "errno", None))
        raise (LahjaError(told) if is_refused else DamagedError(told, path)) from None
