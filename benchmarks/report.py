"""A report that a person reads: first what was aimed at and what was found, then a short table per section."""

from __future__ import annotations

from typing import Any

from benchmarks import growth, hundred_million, names, words
from benchmarks.shop import Size

Record = dict[str, Any]
Line = list[str]


def as_markdown(report: Record, large: Record | None = None) -> str:
    """The whole report, from report.json and, where the memory test was run, hundred_million.json."""
    parts = [_head(report), _summary(report)]
    sections = (_models, _sessions, _others, _builds, _refresh, _learning)
    parts += [section(report["sizes"]) for section in sections]
    parts += [_growth(report), _memory(report["sizes"]), _large(large)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Record) -> str:
    m = report["machine"]
    versions = ", ".join(f"{name} {m[name]}" for name in m if name not in ("cpu", "cores", "memory_gb", "system"))
    sizes = "; ".join(_shop(Size(int(events))) for events in report["sizes"])
    note = f" {report['note']}" if "note" in report else ""
    return (
        f"# Benchmarks\n\n{m['cpu']}, {m['cores']} cores, {m['memory_gb']} GB, {m['system']}; {versions}.\n\n"
        f"Shops of {sizes}. Statements are the median of {report['repeats']}, "
        f"full and empty builds of the smallest size of {report['build_repeats']}. {words.HEAD}{note}"
    )


def _shop(size: Size) -> str:
    return f"{size.events:,} events, about {size.sessions:,} sessions, {size.customers:,} customers"


# ---- the first table


def _summary(report: Record) -> str:
    sizes = report["sizes"]
    events, at_size = list(sizes.items())[-1]
    lines = [
        *_summary_models(at_size), *_summary_sessions(at_size), *_summary_others(at_size),
        *_summary_builds(at_size), *_summary_refresh(at_size), *_summary_learning(at_size),
        *_summary_growth(report),
    ]  # fmt: skip
    return (
        f"## Targets\n\nAt {int(events):,} events, the largest size; met is by the ratio of CPU seconds.\n\n"
        + table(["what", "target", "measured (CPU)", "wall", "met"], lines)
    )


def verdict(what: str, ratio: dict[str, float], target: float) -> Line:
    """One line of the first table."""
    return [what, f"≤ {target:g} ×", times(ratio["cpu"]), times(ratio["wall"]), met(ratio["cpu"] <= target)]


def _summary_models(at_size: Record) -> list[Line]:
    models = at_size.get("models")
    if not models:
        return []
    worst = max(models, key=lambda model: float(model["ratio"]["cpu"]))
    within = sum(model["ratio"]["cpu"] <= names.MODEL_TO_LIMIT for model in models)
    explained = sum(model["ratio"]["cpu"] > names.MODEL_TO_LIMIT and bool(model["reason"]) for model in models)
    line = verdict(f"the worst heavy model ({worst['model']}) ÷ its limit", worst["ratio"], names.MODEL_TO_LIMIT)
    count = f"{within} of {len(models)} within, {explained} beyond with a reason"
    all_in = within + explained == len(models)
    return [line, [f"heavy models within {names.MODEL_TO_LIMIT:g} × or explained", "all", count, "", met(all_in)]]


def _summary_sessions(at_size: Record) -> list[Line]:
    found = at_size.get("sessions")
    if not found:
        return []
    different = sum(other["different"] for other in found["others"].values())
    return [
        verdict(
            "sessions ÷ one window pass that carries their columns", found["to_carrying"], names.SESSIONS_TO_PASS
        ),
        verdict("sessions ÷ SQL by hand", found["to_sql"], names.SESSIONS_TO_SQL),
        ["sessions that Polars, pandas or SQL by hand make otherwise", "0", f"{different:,}", "", met(not different)],
    ]


def _summary_others(at_size: Record) -> list[Line]:
    steps = at_size.get("others")
    if not steps:
        return []
    different = sum(form["different"] for step in steps for form in step["forms"].values())
    return [["rows of other heavy steps that others make otherwise", "0", f"{different:,}", "", met(not different)]]


def _summary_builds(at_size: Record) -> list[Line]:
    return [
        verdict(f"{build['command']} beyond its fixed cost ÷ its bare statements", build["to_statements"],
                names.RUN_TO_STATEMENTS)
        for build in at_size.get("builds", [])
    ]  # fmt: skip


def _summary_refresh(at_size: Record) -> list[Line]:
    found = at_size.get("refresh")
    if not found:
        return []
    lines = [
        verdict(f"{line['command']} after {line['arrival']} ÷ full, both beyond an empty warehouse", line["to_full"],
                names.REFRESH_TO_FULL)
        for line in found["commands"]
    ]  # fmt: skip
    count = len(found["different"])
    return [*lines, ["tables that a refresh leaves other than a full refresh", "0", str(count), "", met(not count)]]


def _summary_learning(at_size: Record) -> list[Line]:
    found = at_size.get("learning", {})
    lines = []
    if "score_to_bare" in found:
        lines.append(verdict("clm-ml score churn beyond its start ÷ bare scikit-learn", found["score_to_bare"],
                             names.SCORE_TO_PREDICT))  # fmt: skip
    if "train_to_fits" in found:
        lines.append(verdict("clm-ml train churn beyond its start ÷ the bare fits", found["train_to_fits"],
                             names.TRAIN_TO_FIT))  # fmt: skip
    return lines


def _summary_growth(report: Record) -> list[Line]:
    slopes = {name: growth.exponent(found) for name, found in growth.times_of(report).items()}
    known = {name: slope for name, slope in slopes.items() if slope is not None}
    if not known:
        return []
    worst = max(known, key=lambda name: known[name])
    return [
        [f"growth exponent, the worst: {worst}", f"≤ {names.GROWTH:g}", f"{known[worst]:.2f}", "",
         met(known[worst] <= names.GROWTH)]
    ]  # fmt: skip


# ---- sections


def _models(sizes: Record) -> str:
    lines = []
    for events, at_size in sizes.items():
        for model in at_size.get("models", []):
            took, ratio = model["took"], model["ratio"]
            reason = model["reason"] or ("" if ratio["cpu"] <= names.MODEL_TO_LIMIT else "no reason given")
            parts = [f"{model[part]['cpu']:.2f}" for part in ("scan", "sort", "write")]
            about = [f"{int(events):,}", model["model"], f"{model['rows']:,}", ", ".join(model["sorted_by"])]
            found = [*parts, f"{took['cpu']:.2f}", times(ratio["cpu"]), times(ratio["wall"]), reason]
            lines.append([*about, *found])
    head = ["events", "model", "input rows", "sorted by", "scan", "sort", "write", "model", "CPU", "wall", "reason"]
    return section(
        "Heavy models against their physical limit",
        words.MODELS,
        head,
        lines,
    )


def _sessions(sizes: Record) -> str:
    lines = []
    for events, at_size in sizes.items():
        if "sessions" not in at_size:
            continue
        found = at_size["sessions"]
        unit = found["passes"]["carrying"]
        forms: list[Form] = [
            ("one window pass, narrow", found["passes"]["narrow"], "", ""),
            ("one window pass, carrying", unit, "", ""),
            ("the models, from accepted events", found["from_accepted"], "", ""),
            ("the models, as the project runs them", found["from_stored"], "", ""),
        ]
        for name, other in found["others"].items():
            rows = f"{other['sessions']:,} sessions of {other['events']:,} events: {same(other)}"
            forms.append((name, other["used"], reading(other), rows))
        lines += [[f"{int(events):,}", *line] for line in form_lines(forms, unit)]
    return section("Sessions", words.SESSIONS, ["events", *FORM_HEAD, "same sessions as the model"], lines)


def _others(sizes: Record) -> str:
    lines = []
    for events, at_size in sizes.items():
        for step in at_size.get("others", []):
            unit = step["alike"]
            forms: list[Form] = [
                (f"the models, read and written alike: {', '.join(step['models'])}", unit, "", ""),
                ("the models, as the project runs them", step["as_run"], "", ""),
            ]
            for name, other in step["forms"].items():
                forms.append((name, other["used"], reading(other), f"{other['rows']:,} rows: {same(other)}"))
            lines += [[f"{int(events):,}", step["title"], *line] for line in form_lines(forms, unit)]
    head = ["events", "step", *FORM_HEAD, "same rows as the model"]
    return section("Other heavy steps as others write them", words.OTHERS, head, lines)


def _builds(sizes: Record) -> str:
    lines = [
        [f"{int(events):,}", build["command"], seconds(build["took"]), seconds(build["fixed"]),
         seconds(build["statements"]), both(build["to_statements"]), both(build["to_read_and_write"]),
         both(build["to_fixed"])]
        for events, at_size in sizes.items()
        for build in at_size.get("builds", [])
    ]  # fmt: skip
    return section(
        "The whole build",
        words.BUILDS,
        [
            "events",
            "command",
            "CPU s (wall)",
            "fixed",
            "statements",
            "÷ statements",
            "÷ read and write once",
            "÷ fixed",
        ],
        lines,
    )


def _refresh(sizes: Record) -> str:
    lines, apart = [], []
    for events, at_size in sizes.items():
        found = at_size.get("refresh", {"commands": [], "different": {}})
        apart += [f"- {int(events):,} events, {where}: {how}" for where, how in found["different"].items()]
        for line in found["commands"]:
            rows = ", ".join(f"{count:,} {name}" for name, count in line["rows"].items())
            lines.append([f"{int(events):,}", f"{line['arrival']} ({rows})", line["command"], seconds(line["took"]),
                          seconds(line["nothing_new"]), seconds(line["empty"]), seconds(line["full"]),
                          both(line["to_full"]), both(line["beyond_nothing_new"])])  # fmt: skip
    text = section(
        "Refreshes",
        words.REFRESHES,
        [
            "events",
            "arrival",
            "command",
            "refresh",
            "nothing new",
            "empty",
            "full",
            "÷ full",
            "÷ full, beyond nothing new",
        ],
        lines,
    )
    verdict_text = "Tables that differ from a full refresh:\n\n" + "\n".join(apart) if apart else (
        "Every compared table is the same, row for row."
    )  # fmt: skip
    return f"{text}\n\n{verdict_text}" if text else ""


def _learning(sizes: Record) -> str:
    parts = []
    for events, at_size in sizes.items():
        found = at_size.get("learning")
        if found and "refused" in found:
            parts.append(f"At {int(events):,} events training is refused: {' '.join(found['refused'])}")
        elif found:
            parts.append(_learning_at(int(events), found))
    if not parts:
        return ""
    return "\n\n".join(["## Training and scoring", words.LEARNING, *parts])


def _learning_at(events: int, found: Record) -> str:
    training, scoring = found["training"], found["scoring"]
    fits = ", ".join(f"{count} {name}" for name, count in training["fits"].items())
    lines = [
        ["start (imports)", seconds(found["start"]), ""],
        [
            "clm-ml train churn",
            seconds(found["train"]),
            f"{both(found['train_to_fits'])} bare fits, beyond the start",
        ],
        [
            f"bare fits: {fits}; {training['rows']:,} rows, {training['features']} features",
            seconds(found["fits"]),
            "",
        ],
    ]
    if scoring["is_rule"]:
        lines.append(
            [f"clm-ml score churn: the rule {scoring['algorithm']} stands", seconds(found["score"]), "no estimator"]
        )
    else:
        lines.append(["clm-ml score churn", seconds(found["score"]),
                      f"{both(found['score_to_bare'])} bare scikit-learn, "
                      f"{both(found['score_to_probability'])} bare probabilities, beyond the start"])  # fmt: skip
        lines += [[f"– {name}", seconds(used), ""] for name, used in scoring["parts"].items()]
    scored = "" if scoring["is_rule"] else f", {scoring['rows']:,} customers scored by {scoring['algorithm']}"
    return f"{events:,} events{scored}:\n\n" + table(["part", "CPU s (wall)", "ratio, CPU (wall)"], lines)


def _growth(report: Record) -> str:
    lines = []
    for name, found in growth.times_of(report).items():
        slope = growth.exponent(found)
        if slope is not None:
            lines.append(
                [name, *[f"{cpu:.2f}" for cpu in found.values()], f"{slope:.2f}", met(slope <= names.GROWTH)]
            )
    return section(
        "Growth",
        words.GROWTH,
        ["what", *[f"{int(events):,}" for events in report["sizes"]], "exponent", "met"],
        lines,
    )


def _memory(sizes: Record) -> str:
    peaks: dict[str, dict[str, float]] = {}
    for events, at_size in sizes.items():
        for name, peak in _peaks(at_size):
            peaks.setdefault(name, {})[events] = peak
    lines = [[name, *[f"{found[e]:,.0f}" if e in found else "" for e in sizes]] for name, found in peaks.items()]
    return section(
        "Peak memory",
        "The largest resident size of each process, in MB.",
        ["what", *[f"{int(events):,}" for events in sizes]],
        lines,
    )


def _peaks(at_size: Record) -> list[tuple[str, float]]:
    found = [(f"model {m['model']}", m["took"]["peak_mb"]) for m in at_size.get("models", [])]
    for build in at_size.get("builds", []):
        found.append((build["command"], build["took"]["peak_mb"]))
        found.append((f"{build['command']} on an empty warehouse", build["fixed"]["peak_mb"]))
        found.append((f"the bare statements of {build['command']}", build["statements"]["peak_mb"]))
    for name, other in at_size.get("sessions", {}).get("others", {}).items():
        found.append((f"sessions in {name}", other["used"]["peak_mb"]))
    for line in at_size.get("refresh", {}).get("commands", []):
        found.append((f"{line['command']} after {line['arrival']}", line["took"]["peak_mb"]))
    learning = at_size.get("learning", {})
    found += [(f"clm-ml {name}", learning[name]["peak_mb"]) for name in ("train", "score") if name in learning]
    return found


def _large(found: Record | None) -> str:
    if not found:
        return ""
    took = found.get("build", {})
    outcome = "built" if found["is_built"] else "**failed**"
    figures = [outcome, f"{took.get('wall', 0):,.0f}", f"{took.get('cpu', 0):,.0f}", f"{took.get('peak_mb', 0):,.0f}",
               *[f"{found[name]:,}" for name in ("spilled_mb", "raw_mb", "database_mb")]]  # fmt: skip
    head = ["dbt build", "wall s", "CPU s", "peak MB", "most spilled MB", "raw MB", "file MB"]
    text = f"`dbt build` of {found['events']:,} events with DuckDB's memory limit at {found['memory_limit']}."
    slowest = [list(line) for line in hundred_million.slowest(found)]
    refreshed = hundred_million.refresh_in_words(found) + "\n\n" if "refresh" in found else ""
    return (
        section("A large build in little memory", text, head, [figures])
        + "\n\n"
        + refreshed
        + table(["model", "wall s, build", "wall s, newest one per cent"], slowest)
    )


# ---- forms of a step

FORM_HEAD = ["form", "CPU s", "of it reading", "CPU", "wall", "peak MB"]
Form = tuple[str, Record, str, str]  # its name, what it used, how much of it reading, and what came of the check


def form_lines(forms: list[Form], unit: Record) -> list[Line]:
    """A line per form; × are of the unit."""
    return [
        [name, f"{used['cpu']:.2f}", of_it_reading, times(used["cpu"] / unit["cpu"]),
         times(used["wall"] / unit["wall"]), f"{used['peak_mb']:,.0f}", checked]
        for name, used, of_it_reading, checked in forms
    ]  # fmt: skip


def reading(form: Record) -> str:
    return f"{form['reading']['cpu']:.2f}"


def same(form: Record) -> str:
    return f"{form['different']:,} rows differ" if form["different"] else "the same"


# ---- words


def section(title: str, text: str, head: Line, lines: list[Line]) -> str:
    """A heading, a sentence of what was compared, and a table; nothing where nothing was measured."""
    return f"## {title}\n\n{text}\n\n{table(head, lines)}" if lines else ""


def table(head: Line, lines: list[Line]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def times(ratio: float) -> str:
    return f"{ratio:.2f} ×"


def both(ratio: dict[str, float]) -> str:
    return f"{ratio['cpu']:.2f} × ({ratio['wall']:.2f})"


def seconds(used: dict[str, float]) -> str:
    return f"{used['cpu']:.2f} ({used['wall']:.2f})"


def met(is_met: bool) -> str:
    return "met" if is_met else "**missed**"
