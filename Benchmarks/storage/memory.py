"""Measures memory's search beside numpy's product of a matrix and a vector, in turns on the same numbers.

See the README of this folder's parent for what the figures mean.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy


class Bench:
    """The program that is measured, spoken to line by line."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen(
            [program, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().strip() == "ready"

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer:
            raise SystemExit(f"the program ended at: {command}")
        return [float(word) for word in answer]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def best(matrix, query, k=10):
    """What is compared: the milliseconds of product and choice, and the rows of the best."""
    start = time.perf_counter()
    scores = matrix @ query
    rows = numpy.argpartition(-scores, k)[:k]
    milliseconds = (time.perf_counter() - start) * 1e3
    return milliseconds, rows[numpy.lexsort((rows, -scores[rows]))], scores


def threads():
    """How many threads numpy multiplies with."""
    return int(os.environ.get("OPENBLAS_NUM_THREADS") or os.cpu_count())


def numbers(rows, dimension, seed):
    """Vectors of length one, in clusters as those of texts are."""
    random = numpy.random.default_rng(seed)
    centres = numpy.random.default_rng(1).standard_normal((200, dimension), dtype=numpy.float32)
    matrix = centres[random.integers(0, 200, rows)]
    matrix += random.standard_normal((rows, dimension), dtype=numpy.float32)
    matrix /= numpy.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix


def summary(values):
    ordered = sorted(values)
    return {"median": statistics.median(ordered), "p95": ordered[int(len(ordered) * 0.95)], "least": ordered[0]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="small counts: shows that everything works")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit with 1 if the target is not met")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.dimension, options.searches = 500, 32, 5

    matrix = numbers(options.rows, options.dimension, 2)
    queries = numbers(options.searches, options.dimension, 3)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        matrix.tofile(folder / "vectors")
        queries.tofile(folder / "queries")
        bench = Bench(
            options.program, folder / "sage.db", folder / "vectors", folder / "queries", options.dimension)
        saved = bench.ask(f"save 0 {options.rows}")[0]
        bench.close()
        size = sum(file.stat().st_size for file in folder.glob("sage.db*"))

        # A new process: what follows is what a server that starts on this file sees. The vectors that it only has in
        # order to embed for nothing are taken off its memory.
        (folder / "nothing").write_bytes(matrix[:1].tobytes())
        bench = Bench(options.program, folder / "sage.db", folder / "nothing", folder / "queries", options.dimension)
        before = bench.ask("resident")[0]
        first = bench.ask("vector 0")[0]
        product, search, hybrid, wrong = [], [], [], 0
        for index in range(options.searches):
            milliseconds, rows, scores = best(matrix, queries[index])
            product.append(milliseconds)
            answer = bench.ask(f"vector {index}")
            search.append(answer[0])
            found = [int(row) for row in answer[1:]]
            # Equal but for the rounding of single precision: the scores are compared, not the rows.
            if not numpy.allclose(scores[found], scores[rows], atol=1e-6):
                wrong += 1
        resident = bench.ask("resident")[0]
        for index in range(options.searches):
            hybrid.append(bench.ask(f"hybrid {index}")[0])
        single = bench.ask("one 200")
        bench.close()

    result = {
        "rows": options.rows, "dimension": options.dimension, "processors": os.cpu_count(),
        "numpy_version": numpy.__version__, "numpy_threads": threads(), "wrong": wrong,
        "numpy_ms": summary(product), "search_ms": summary(search), "hybrid_ms": summary(hybrid),
        "first_search_ms": first, "saves_per_second": options.rows / saved, "save_ms": summary(single),
        "resident_bytes": resident, "resident_before_bytes": before, "matrix_bytes": matrix.nbytes,
        "database_bytes": size,
    }
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print_table(result)
    if wrong:
        sys.exit(f"{wrong} searches did not find the best ten")
    if options.check and result["search_ms"]["median"] > result["numpy_ms"]["median"]:
        sys.exit("the search is slower than numpy's product")


def print_table(result):
    print(f"{result['rows']:,} vectors of {result['dimension']}, {result['processors']} processors;"
          f" numpy {result['numpy_version']} with {result['numpy_threads']} threads\n")
    print("| what | median | 95 % | least |\n| --- | ---: | ---: | ---: |")
    for key, name in (("numpy_ms", "numpy, product and best ten, ms"), ("search_ms", "search by vector, best ten, ms"),
                      ("hybrid_ms", "hybrid search, best ten, ms"), ("save_ms", "one save, ms")):
        print(f"| {name} | {result[key]['median']:.2f} | {result[key]['p95']:.2f} | {result[key]['least']:.2f} |")
    print(f"| saves a second, in batches of 1,000 | {result['saves_per_second']:,.0f} | | |")
    print(f"| first search after a start, ms | {result['first_search_ms']:.0f} | | |")
    mib = 1 << 20
    print(f"| resident, MiB (before the first search) | {result['resident_bytes'] / mib:.0f}"
          f" ({result['resident_before_bytes'] / mib:.0f}) | | |")
    print(f"| numpy's matrix, MiB | {result['matrix_bytes'] / mib:.0f} | | |")
    print(f"| database, MiB | {result['database_bytes'] / mib:.0f} | | |")


main()
