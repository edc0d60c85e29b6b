"""Makes the Parquet files that the tests and the benchmark of `data` read.

    python scripts/make-parquet-fixture.py fixtures OUT    # small files, one for each way of storing
    python scripts/make-parquet-fixture.py large OUT.parquet --rows 40000 [--groups 1000 | --groups 0]

Needs pyarrow (fixtures committed were made with 26.0.1). Pictures are grey noise from a fixed seed.
"""

import argparse
import pathlib
import random
import struct
import zlib

import pyarrow as pa
import pyarrow.parquet as pq

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def png(rng, width, height, level=1):
    rows = b"".join(b"\0" + rng.randbytes(width * 3) for _ in range(height))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(rows, level)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def text_columns(rows, first=0):
    numbers = range(first, first + rows)
    return {
        "id": pa.array([f"row-{i}" for i in numbers]),
        "question": pa.array([f"<image>\nWhat is {i} + {i % 7}?" for i in numbers]),
        "answer": pa.array([str(i + i % 7) for i in numbers]),
    }


def picture_columns(pictures):
    structs = [{"bytes": one, "path": None} for one in pictures]
    return {
        "struct": pa.array(structs, IMAGE),
        "bytes": pa.array(pictures, pa.binary()),
        "list": pa.array([[one] for one in structs], pa.list_(IMAGE)),
        "bytes-list": pa.array([[one] for one in pictures], pa.list_(pa.binary())),
    }


def fixtures(out):
    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(1)
    pictures = [png(rng, 8 + i, 6 + i % 3, 9) for i in range(40)]
    for name, column in picture_columns(pictures).items():
        table = pa.table({**text_columns(40), "image": column})
        pq.write_table(table, out / f"{name}.parquet", row_group_size=16)
    table = pa.table({**text_columns(40), "image": picture_columns(pictures)["struct"]})
    for codec in ["none", "gzip", "brotli", "zstd", "lz4"]:
        pq.write_table(table.slice(0, 4), out / f"codec-{codec}.parquet", compression=codec)
    # One group of rows in many small pages, with and without the index of the pages.
    small = {"data_page_size": 512, "write_batch_size": 2, "use_dictionary": False}
    pq.write_table(table, out / "pages-v1.parquet", **small)
    pq.write_table(table, out / "pages-v2.parquet", data_page_version="2.0", **small)
    pq.write_table(table, out / "pages-indexed.parquet", write_page_index=True, **small)
    # A dictionary that is given up after some pages, as happens to columns of pictures.
    fallback = {**small, "use_dictionary": True, "dictionary_pagesize_limit": 4096}
    pq.write_table(table, out / "pages-fallback.parquet", **fallback)
    # Rows of none to three pictures, so that pages of version 1 end within rows.
    counts = [[1, 2, 0, 3, 1, 1, 2][i % 7] for i in range(40)]
    lists = [[{"bytes": pictures[(i + j) % 40], "path": f"{i}-{j}"} for j in range(n)] for i, n in enumerate(counts)]
    several = pa.table({**text_columns(40), "image": pa.array(lists, pa.list_(IMAGE))})
    pq.write_table(several, out / "lists-v1.parquet", **small)
    pq.write_table(several, out / "lists-v2.parquet", data_page_version="2.0", **small)


def large(out, rows, groups):
    rng = random.Random(2)
    noise = rng.randbytes(64 * 2**20)

    def picture(index):
        start = rng.randrange(len(noise) - 40_000)
        body = noise[start : start + 24_000 + index % 12_000]
        header = struct.pack(">IIBBBBB", 96, 84 + index % 40, 8, 2, 0, 0, 0)
        head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header
        return head + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + body

    schema = pa.schema([("id", pa.string()), ("question", pa.string()), ("answer", pa.string()), ("image", IMAGE)])

    def table(first, count):
        structs = [{"bytes": picture(i), "path": f"{i}.png"} for i in range(first, first + count)]
        return pa.table({**text_columns(count, first), "image": pa.array(structs, IMAGE)}, schema=schema)

    if groups == 0:
        pq.write_table(table(0, rows), out)
        return
    with pq.ParquetWriter(out, schema) as writer:
        for first in range(0, rows, groups):
            writer.write_table(table(first, min(groups, rows - first)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["fixtures", "large"])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--groups", type=int, default=1000, help="rows in a group; 0 = one group of all")
    args = parser.parse_args()
    if args.what == "fixtures":
        fixtures(args.out)
    else:
        large(args.out, args.rows, args.groups)


main()
