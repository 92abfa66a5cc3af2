#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Prints and draws the results of scripts/bench.

usage: report.py table RESULTS               the table
       report.py chart RESULTS SVG           the chart
       report.py check RESULTS FIGURES SETUP
                                             fails if an operation costs more than LIMITS, or than recorded on the
                                             same setup
       report.py record RESULTS FIGURES SETUP DOC
                                             records the figures, and the table in DOC
       report.py profile RESULTS TRACE       instructions per function
       report.py times RESULTS               the times on one CPU and on two

RESULTS is what tests/bench/program/main.c wrote, with the lines that scripts/bench has added; TRACE is what
tests/bench/profile.c wrote; SETUP names the versions that the counts depend on.
"""

import bisect
import collections
import re
import statistics
import subprocess
import sys

# An operation may cost this much more than recorded.
TOLERANCE = 0.02
# The subjects that hello is compared with, in one table for each type of module.
COMPARED = (("twin", "twinraw", "naive", "tmpfs"), ("brd", "null_blk"), ("veth",))
# The most that an operation may cost, as a multiple of what it costs on those that serve the same purpose. TOLERANCE is
# allowed for here, too.
LIMITS = {
    "disk-read-4096": {"brd": 1.25, "null_blk": 0.95},
    "disk-write-4096": {"brd": 1.25, "null_blk": 0.95},
    "packet-60": {"veth": 1.15},
    "ping": {"veth": 1.15},
}
RECORD = "make bench RECORD=1"
RECORDED_ON = "# Recorded on "


def fail(text):
    sys.exit(f"bench: {text}")


def read_results(path):
    """Returns the least instructions per operation and subject, and the sizes per module and section.

    Interruptions, such as timer ticks, only add instructions: the least is the same in each boot, the median not
    quite.
    """
    counts = collections.defaultdict(dict)
    sizes = {}
    with open(path, encoding="ascii") as lines:
        for line in lines:
            match line.split():
                case ["count", subject, operation, least, _, _]:
                    counts[operation][subject] = float(least)
                case ["size", module, section, size]:
                    sizes[module, section] = int(size)
    if not counts:
        fail("no operation matches: make bench lists them all")
    return counts, sizes


def tables(counts, sizes):
    """Returns the tables in Markdown, as lines."""
    lines = []
    for compared in COMPARED:
        part = {operation: of for operation, of in counts.items() if any(subject in of for subject in compared)}
        if part:
            lines += [*table(part, compared), ""]
    if sizes:
        lines += ["Bytes of code:", ""]
        lines += ["| module | .text | .init.text |", "|---|--:|--:|"]
        lines += [f"| {module}.ko | {number(sizes.get((module, '.text')))} | {number(sizes.get((module, '.init.text')))} |"
                  for module in dict.fromkeys(module for module, _ in sizes)]
        lines += [""]
    return lines[:-1]


def table(counts, compared):
    head = ["operation", "hello", *compared, *(f"/ {subject}" for subject in compared)]
    rows = []
    for operation, of in counts.items():
        hello = of.get("hello")
        rows.append([operation, *(number(of.get(subject)) for subject in ("hello", *compared)),
                     *(ratio(hello, of.get(subject)) for subject in compared)])
    return markdown(head, rows)


def markdown(head, rows):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells):
        first, *others = zip(cells, widths)
        return " | ".join(["| " + first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]) + " |"

    lines = [line(head), "|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|"]
    return lines + [line(row) for row in rows]


def number(value):
    return "–" if value is None else f"{round(value):,}"


def ratio(value, to):
    return "–" if value is None or not to else f"{value / to:.2f}"


# -- the chart: a row per operation, the instructions of each subject relative to those of the twin

ROW, LEFT, WIDTH, MOST = 22, 150, 560, 1.6
STYLES = {
    "twinraw": ("#b08800", "raw C twin"),
    "naive": ("#8250df", "textbook C"),
    "tmpfs": ("#8c959f", "tmpfs"),
    "hello": ("#cf222e", "hello, in Rust"),
}


def chart(counts):
    rows = [(operation, of) for operation, of in counts.items() if of.get("twin") and "hello" in of]
    height = 70 + ROW * len(rows)

    def x(value):
        return LEFT + WIDTH * min(value, MOST) / MOST

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 40} {height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="18" fill="#1f2328">Instructions per operation, relative to the C twin '
        '(left of 1.0 is less)</text>',
    ]
    for i, (colour, name) in enumerate(STYLES.values()):
        at = LEFT + i * 125
        parts.append(f'<circle cx="{at + 5}" cy="34" r="5" fill="{colour}"/>'
                     f'<text x="{at + 15}" y="38" fill="#1f2328">{name}</text>')
    for tick in range(0, 9):
        value = tick * 0.2
        colour, stroke = ("#1f2328", 1.5) if tick == 5 else ("#d0d7de", 0.7)
        parts.append(f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="48" y2="{height - 18}" '
                     f'stroke="{colour}" stroke-width="{stroke}"/>'
                     f'<text x="{x(value):.1f}" y="{height - 5}" text-anchor="middle" fill="#1f2328">{value:.1f}</text>')
    for i, (operation, of) in enumerate(rows):
        y = 60 + ROW * i
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end" fill="#1f2328">{operation}</text>')
        for subject, (colour, _) in STYLES.items():
            if subject not in of:
                continue
            value = of[subject] / of["twin"]
            radius = 5.5 if subject == "hello" else 4
            parts.append(f'<circle cx="{x(value):.1f}" cy="{y}" r="{radius}" fill="{colour}"/>')
            if value > MOST:
                parts.append(f'<text x="{x(value) + 9:.1f}" y="{y + 4}" fill="{colour}">{value:.1f}</text>')
    return "\n".join([*parts, "</svg>", ""])


# -- the recorded figures

def read_figures(path):
    figures = {}
    with open(path, encoding="ascii") as lines:
        for number_of_line, line in enumerate(lines, 1):
            fields = line.split("#")[0].split()
            if not fields:
                continue
            if len(fields) != 2 or not fields[1].isdigit():
                fail(f"{path}:{number_of_line}: not 'OPERATION COUNT': {line.strip()}; record them: {RECORD}")
            figures[fields[0]] = int(fields[1])
    return figures


def recorded_on(path):
    with open(path, encoding="ascii") as lines:
        return next((line[len(RECORDED_ON):].strip() for line in lines if line.startswith(RECORDED_ON)), "")


def beyond_limits(counts):
    """Returns a line for each operation that costs more than LIMITS, or whose costs cannot be compared."""
    wrong = []
    for operation, limits in LIMITS.items():
        of = counts.get(operation, {})
        for subject, limit in limits.items():
            if "hello" not in of or not of.get(subject):
                wrong.append(f"{operation}: it was not measured on both hello and {subject}, which it is compared with")
            elif of["hello"] > limit * of[subject] * (1 + TOLERANCE):
                wrong.append(f"{operation}: {round(of['hello'])} instructions are {of['hello'] / of[subject]:.3f} times "
                             f"the {round(of[subject])} of {subject}, at most {limit} are allowed: make it cheaper")
    return wrong


def check(counts, path, setup):
    figures = read_figures(path)
    measured = {operation: of["hello"] for operation, of in counts.items() if "hello" in of}
    wrong = [f"{operation} is measured, but has no figure" for operation in measured if operation not in figures]
    wrong += [f"{operation} has a figure, but was not measured" for operation in figures if operation not in measured]
    wrong += beyond_limits(counts)
    for operation, value in measured.items():
        recorded = figures.get(operation, value)
        change = f"{operation}: {round(value)} instructions, recorded are {recorded} ({value / recorded - 1:+.1%})"
        if value > recorded * (1 + TOLERANCE):
            wrong.append(change)
        elif value < recorded * (1 - TOLERANCE):
            print(f"bench: {change}; keep it so: {RECORD}")
    if wrong and recorded_on(path) != setup:
        print("\nbench: ".join(["", *wrong]).lstrip())
        print(f"bench: the figures were recorded on {recorded_on(path)}, and this is {setup}: no failure")
        return
    if wrong:
        fail("\nbench: ".join([*wrong, f"if that is meant to be, record the new figures: {RECORD}"]))
    print(f"bench: {len(measured)} operations cost no more than {path.rsplit('/', 1)[-1]} allows")


def record(counts, sizes, figures, setup, document):
    with open(figures, "w", encoding="ascii") as file:
        file.write("# Instructions of each operation on hello, written by `make bench RECORD=1`, and held\n"
                   f"# against by `make bench CHECK=1`.\n{RECORDED_ON}{setup}\n")
        for operation, of in counts.items():
            if "hello" in of:
                file.write(f"{operation} {round(of['hello'])}\n")
    with open(document, encoding="utf-8") as file:
        text = file.read()
    begin, end = "<!-- written by make bench RECORD=1 -->\n", "<!-- end -->\n"
    if text.count(begin) != 1 or text.count(end) != 1:
        fail(f"{document} has no place for the table, between {begin.strip()} and {end.strip()}")
    before, rest = text.split(begin)
    with open(document, "w", encoding="utf-8") as file:
        file.write(before + begin + "\n" + "\n".join(tables(counts, sizes)) + "\n\n" + end + rest.split(end)[1])


# -- the times

def read_times(path):
    """Returns the pairs of nanoseconds, one per round, per operation with its devices, and subject."""
    times = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(path, encoding="ascii") as lines:
        for line in lines:
            match line.split():
                case ["time", subject, operation, devices, one, two]:
                    times[operation, int(devices)][subject].append((float(one), float(two)))
    if not times:
        fail("no operation matches: pread-64 and pwrite-64 have times")
    return times


def spread(values, show):
    """Returns the median and both quartiles."""
    first, median, third = statistics.quantiles(values, method="inclusive")
    return [show(median), f"{show(first)}–{show(third)}"]


def times(path):
    for (operation, devices), of in read_times(path).items():
        # Within a round, both are measured one after the other, so their ratio varies less than they do.
        scaling = {subject: [2 * one / two for one, two in rounds] for subject, rounds in of.items()}
        hello = statistics.median(scaling["hello"])
        head = [f"{operation}, on {devices} device" + "s" * (devices > 1), "one CPU, ns", "quartiles", "two CPUs, ns",
                "quartiles", "scaling", "quartiles", "hello's to it"]
        rows = [[subject, *spread([one for one, _ in rounds], number), *spread([two for _, two in rounds], number),
                 *spread(scaling[subject], "{:.2f}".format), ratio(hello, statistics.median(scaling[subject]))]
                for subject, rounds in of.items()]
        print("", *markdown(head, rows), sep="\n")


# -- the profile

def read_symbols(lines):
    """Returns the functions by address, those of Rust demangled."""
    symbols = []
    for line in lines:
        match line.split():
            case ["symbol", address, _, name, *module]:
                symbols.append((int(address, 16), name, " ".join(module)))
    mangled = "\n".join(name for _, name, _ in symbols)
    names = subprocess.run(["c++filt"], input=mangled, capture_output=True, text=True, check=True).stdout.split("\n")
    # Omit the hash of each crate.
    names = (re.sub(r"\[[0-9a-f]{16}\]", "", name) for name in names)
    return sorted((address, f"{name} {module}".strip()) for (address, _, module), name in zip(symbols, names))


def read_trace(lines):
    """Returns the counts per address, for each pass between the marks."""
    runs = []
    for line in lines:
        if line.strip() == "begin":
            runs.append({})
        else:
            address, count = line.split()
            runs[-1][int(address, 16)] = int(count)
    return runs


def profile(results, trace):
    with open(results, encoding="ascii") as file:
        lines = file.readlines()
    subjects = [line.split()[1] for line in lines if line.startswith("profile ")]
    symbols = read_symbols(lines)
    with open(trace, encoding="ascii") as file:
        runs = read_trace(file)
    if len(runs) != len(subjects):
        fail(f"{len(subjects)} subjects, but {len(runs)} traces")
    starts = [address for address, _ in symbols]
    functions = collections.defaultdict(collections.Counter)
    for subject, run in zip(subjects, runs):
        for address, count in run.items():
            at = bisect.bisect_right(starts, address) - 1
            functions[symbols[at][1] if at >= 0 else "(the program)"][subject] += count
    total = collections.Counter()
    print("".join(f"{subject:>9}" for subject in subjects) + "  function")
    for name, of in sorted(functions.items(), key=lambda item: [-item[1][subject] for subject in subjects]):
        total += of
        print("".join(f"{of[subject] or '':>9}" for subject in subjects) + "  " + name)
    print("".join(f"{total[subject]:>9}" for subject in subjects) + "  in total")


def main(arguments):
    match arguments:
        case ["table", results]:
            print("\n".join(tables(*read_results(results))))
        case ["chart", results, svg]:
            with open(svg, "w", encoding="utf-8") as file:
                file.write(chart(read_results(results)[0]))
        case ["check", results, figures, setup]:
            check(read_results(results)[0], figures, setup)
        case ["record", results, figures, setup, document]:
            record(*read_results(results), figures, setup, document)
        case ["profile", results, trace]:
            profile(results, trace)
        case ["times", results]:
            times(results)
        case _:
            fail(__doc__)


main(sys.argv[1:])
