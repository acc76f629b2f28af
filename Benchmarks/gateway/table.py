"""Turns the figures of a run into a table, and judges them by their targets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    key: str
    title: str
    digits: int
    # At most so many times what nginx needs in the same run.
    ratio_limit: float | None = None
    # At most so much.
    limit: float | None = None


ROWS = [
    Row("requests_per_second", "requests a second, 32 connections", 0),
    Row("cpu_per_10k_requests", "CPU s per 10,000 requests", 3, ratio_limit=3),
    Row("cpu_per_1k_streams", "CPU s per 1,000 streams of 50 events", 2, ratio_limit=2),
    Row("median_ms", "median latency, open loop, ms", 3),
    Row("p99_ms", "99th percentile, ms", 3),
    Row("added_median_ms", "added to the median, ms", 3, limit=0.3),
    Row("added_p99_ms", "added to the 99th percentile, ms", 3),
    Row("rss_at_rest_mb", "resident memory at rest, MB", 1),
    Row("rss_after_load_mb", "after the load, MB", 1, limit=40),
    Row("rss_idle_streams_mb", "with 1,000 idle streams, MB", 1, limit=60),
]


def ratio(row: Row, results: dict) -> float | None:
    sage, nginx = results.get("sage", {}).get(row.key), results.get("nginx", {}).get(row.key)
    if sage is None or not nginx or row.key.startswith("added"):
        return None
    return sage / nginx


def targets(results: dict) -> list[dict]:
    """Each target with what was measured."""
    judged = []
    for row in ROWS:
        measured = ratio(row, results) if row.ratio_limit else results.get("sage", {}).get(row.key)
        limit = row.ratio_limit or row.limit
        if limit is None or measured is None:
            continue
        unit = "times nginx" if row.ratio_limit else "absolute"
        judged.append(
            {"measure": row.key, "limit": limit, "unit": unit, "measured": measured, "is_met": measured <= limit})
    return judged


def table(results: dict, notes: dict) -> str:
    """The figures in Markdown; what could not be measured says why below."""
    columns = [name for name in ["direct", "nginx", "sage", "litellm"] if name in results]
    met = {target["measure"]: target["is_met"] for target in targets(results)}
    lines = ["| | " + " | ".join(columns) + " | Sage / nginx | target | met |"]
    lines.append("| --- |" + " ---: |" * (len(columns) + 2) + " --- |")
    for row in ROWS:
        cells = []
        for column in columns:
            value = results[column].get(row.key)
            cells.append("" if value is None else f"{value:.{row.digits}f}")
        times = ratio(row, results)
        cells.append("" if times is None else f"{times:.2f}")
        cells.append(f"≤ {row.ratio_limit:g} × nginx" if row.ratio_limit else f"≤ {row.limit:g}" if row.limit else "")
        cells.append({True: "yes", False: "no"}.get(met.get(row.key), ""))
        lines.append(f"| {row.title} | " + " | ".join(cells) + " |")
    lines += [""] + [f"{name}: {text}" for name, text in notes.items()]
    return "\n".join(lines)
