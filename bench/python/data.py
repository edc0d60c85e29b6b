"""Makes a Parquet file with pictures, and scans it with pyarrow: the baseline of bench/data.ts."""

import hashlib
import pathlib
import subprocess
import sys
import time

import pyarrow.parquet as pq
from protocol import serve

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "make-parquet-fixture.py"


def make(path, rows, groups):
    command = [sys.executable, SCRIPT, "large", path, "--rows", str(rows), "--groups", str(groups)]
    subprocess.run(command, check=True)


def scan(path):
    """Every row as Python objects, every picture hashed: what ours does."""
    start = time.perf_counter()
    for batch in pq.ParquetFile(path).iter_batches(batch_size=256):
        for row in batch.to_pylist():
            hashlib.sha256(row["image"]["bytes"]).hexdigest()
    return time.perf_counter() - start


serve({"make": make, "scan": scan})
