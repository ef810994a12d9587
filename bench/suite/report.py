# SPDX-License-Identifier: Apache-2.0
"""Turns rows into a table, on the terminal and in RESULTS.md."""

import re

HEAD = ["row", "what", "n", "ours", "CPU", "peak", "target", "baseline", "ours / baseline", "DVC", "DVC / ours", "target", "met", "others", "note", "at"]

NOTES = """\
## How to read it

- A figure is the wall-clock time of whole processes: median (min to max) of `n`; `CPU` is user and system time of the
  process and its children, `peak` the largest resident set of any of them (`<` where it is below what the measuring script itself has, which
  hides it). Ratios are of medians.
- `baseline` is what the machine itself can do: `cp` for whatever has to move bytes or make files, `find` for a look at every
  file, `ninja` for looking at a graph, `true` for starting a process.
- All tools of a row were measured one after the other in the same run; rows may come from different runs, `at` is the commit.
- Peers get one run where a run takes long (DVC's `add`, `checkout` and first `repro`), three where it is short.
- The page cache is warm unless a row says `cold` (the file was evicted with `posix_fadvise` before each repetition).
- Whatever makes files makes them in directories that did not exist before, and nothing is deleted before the end but single
  big files: ext4 creates files several times slower for a while after many were deleted. Timing `rm -rf; checkout`
  would measure that.
- Ours runs with its default settings: durability `batch`, so that the figures contain the flush to disk that DVC and `cp` do
  without; `ours, durability off` says what that costs. On ext4 the default way to fill the workspace is a copy, and adding
  never makes an alias of the user's file. A row says `hardlink` where `cache.type` is that.
- DVC runs with `core.analytics`, `core.check_update` and `core.autostage` off and with `cache.type` hardlink, its fastest on
  ext4, unless a row says otherwise; with links `dvc add` copies nothing.
- The lock and cache for DVC's no-op row of a thousand stages are written by the benchmark, as DVC's own first run takes
  over a quarter of an hour (`--slow` carries it out); DVC confirms that all is up to date.
- Targets come from the project's plan: an absolute time for a machine of two cores, and a ratio to DVC with its best link.

## How to repeat it

```sh
bench/setup-peers                      # the newest DVC into a virtual environment of its own; checks git and ninja
cmake --preset release && ninja -C build/release mlops
bench/run --out bench/RESULTS.md       # all rows; about 20 minutes and 40 GB of free disk
bench/run --rows S0,P1                 # some rows, to the terminal
bench/run --quick                      # tiny sizes, to try the scripts out; the figures mean little
```

Given `--out`, rows that were not measured are kept as the file has them.
"""


def duration(seconds):
    if seconds < 0.1:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def spread(timing):
    if timing.n == 1:
        return duration(timing.median)
    return f"{duration(timing.median)} ({duration(timing.low)} to {duration(timing.high)})"


def ratio(top, bottom):
    value = top / bottom
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def verdict(row):
    """Says for each target of the row whether it is met."""
    said = []
    if row.target_seconds is not None:
        said.append("time " + ("yes" if row.ours.median <= row.target_seconds else "no"))
    if row.target_ratio is not None and row.dvc:
        said.append("ratio " + ("yes" if row.dvc.median / row.ours.median >= row.target_ratio else "no"))
    return ", ".join(said) or "-"


def cells(row, commit):
    base_name, base = row.baseline or (None, None)
    return [
        row.id,
        row.what,
        str(row.ours.n),
        spread(row.ours),
        duration(row.ours.cpu),
        row.ours.peak,
        f"<= {duration(row.target_seconds)}" if row.target_seconds is not None else "-",
        f"{base_name} {duration(base.median)}" if base else "-",
        ratio(row.ours.median, base.median) if base else "-",
        duration(row.dvc.median) if row.dvc else "-",
        ratio(row.dvc.median, row.ours.median) if row.dvc else "-",
        f">= {row.target_ratio:g}" if row.target_ratio is not None else "-",
        verdict(row),
        "; ".join(f"{name} {duration(timing.median)}" for name, timing in row.others) or "-",
        row.note or "-",
        commit,
    ]


def line(words):
    return "| " + " | ".join(words) + " |"


def print_row(row):
    """Says on the terminal what a table line says."""
    base = f"; {row.baseline[0]} {duration(row.baseline[1].median)}" if row.baseline else ""
    dvc = f"; DVC {duration(row.dvc.median)}, {ratio(row.dvc.median, row.ours.median)} times ours" if row.dvc else ""
    others = "".join(f"; {name} {duration(timing.median)}" for name, timing in row.others)
    note = f" [{row.note}]" if row.note else ""
    print(f"{row.id} {row.what}: {spread(row.ours)}, n={row.ours.n}, CPU {duration(row.ours.cpu)}, {row.ours.peak}"
          f"{base}{dvc}{others}; met: {verdict(row)}{note}", flush=True)


def _rows_of(text):
    """The table lines that an older report has, with the row that each belongs to."""
    return [(found.group(1), found.group(0)) for found in re.finditer(r"^\| ([A-Z]\d) \|.*$", text, re.MULTILINE)]


def merge(old_text, measured, order, commit):
    """The table's lines: those of the rows measured now, and older ones for the rest."""
    ids = {row.id for row in measured}
    lines = [(row.id, line(cells(row, commit))) for row in measured]
    lines += [(row_id, text) for row_id, text in _rows_of(old_text) if row_id not in ids]
    lines.sort(key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
    return [text for _, text in lines]


def document(machine, versions, table_lines):
    facts = [f"- {name}: {value}" for name, value in [*machine.items(), *versions.items()]]
    table = [line(HEAD), line(["---"] * len(HEAD)), *table_lines]
    head = ["# Benchmark results", "", "Written by `bench/run`. What was measured, on what, and against what:", ""]
    return "\n".join([*head, *facts, "", *table, "", NOTES])
