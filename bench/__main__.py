"""``python -m bench``: the figures that are promised, from one run, each with its target.

A missed target is said loudly and is no failure of the run: machines differ, ratios tell.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench import (
    gateway,
    ingest,
    ls,
    memory,
    mirror,
    pull,
    recorder,
    serve_cost,
    shelf,
    start,
    tailnet,
    token_check,
    usage,
)
from bench.figure import Figure, Verdict
from bench.scale import FULL, QUICK, Scale

MEASURES: Mapping[str, Callable[[Scale, Path], list[Figure]]] = {
    "pull": pull.measure,
    "start": start.measure,
    "memory": memory.measure,
    "ls": ls.measure,
    "recorder": recorder.measure,
    "ingest": ingest.measure,
    "tailnet": tailnet.measure,
    "token": token_check.measure,
    "shelf": shelf.measure,
    "serve": serve_cost.measure,
    "mirror": mirror.measure,
    "gateway": gateway.measure,
    "usage": usage.measure,
}


def main() -> None:
    """Measure what was asked for, print it, and keep it in a file if so wished."""
    options = _read_options()
    scale = QUICK if options.quick else FULL
    if options.rounds is not None:
        scale = replace(scale, rounds=options.rounds)
    if options.events is not None:
        scale = replace(scale, usage_events=options.events)
    figures = [figure for name in options.only or MEASURES for figure in _measure(name, scale)]
    _conclude(figures, scale)
    if options.json is not None:
        _write(options.json, figures)


def _measure(name: str, scale: Scale) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="steelyard-bench-") as work:
        figures = MEASURES[name](scale, Path(work))
    for figure in figures:
        print(line(figure), flush=True)
    return figures


def line(figure: Figure) -> str:
    """One figure: its median, its target, whether it is met, and the span of the rounds."""
    span = f"{_round(min(figure.rounds))} .. {_round(max(figure.rounds))}"
    value = f"{_round(figure.value)} {figure.unit}"
    return f"{figure.name:46} {value:>18}  {figure.target:8} {figure.verdict.value:8} {span}"


def _round(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _conclude(figures: Iterable[Figure], scale: Scale) -> None:
    missed = [figure.name for figure in figures if figure.verdict is Verdict.MISSED]
    print(f"\nMedians of {scale.rounds}, then the span of the rounds. {os.cpu_count()} cores, {platform.platform()}.")
    print(f"Load average over the last 5 minutes {os.getloadavg()[1]:.1f}; a busy machine moves every figure.")
    print("huggingface_hub: in its own process, its imports not counted; it neither checks hashes nor syncs.")
    if missed:
        print(f"\n!!! {len(missed)} TARGET(S) MISSED: {'; '.join(missed)}")


def _write(path: Path, figures: Iterable[Figure]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"at": datetime.now(UTC).isoformat(), "python": sys.version.split()[0], "cores": os.cpu_count()}
    path.write_text(json.dumps({**about, "figures": [figure.as_json() for figure in figures]}, indent=1) + "\n")


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="one of them; may be given again")
    parser.add_argument("--rounds", type=_positive, help=f"default {FULL.rounds}")
    parser.add_argument("--events", type=_positive, help=f"of the measure usage, default {FULL.usage_events}")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one round: does the bench work at all?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too (bench/results/…)")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    main()
