"""The sentence that stands above each table of the report: what was compared with what, and the target."""

from __future__ import annotations

from benchmarks import growth, names


def _line(text: str) -> str:
    return " ".join(text.split())


HEAD = _line("""
    Every figure is a ratio of two measurements of this run; × are ratios of CPU seconds (user and system, all
    threads), with the ratio of wall seconds beside them. Every measured command runs in a process of its own.
    Made by `make benchmark`; figures of different machines do not compare.
""")

MODELS = _line(f"""
    Every model above {names.HEAVY_SHARE:.0%} of all models' time: its compiled SQL, by itself, against one scan
    of the tables it reads (through views; the columns that its SQL names), one sort of the largest of them by
    the model's grain, and one copy of the finished model. The limit is their sum, because a sort needs its
    whole input and a write needs the sorted rows. CPU seconds. Target: ≤ {names.MODEL_TO_LIMIT:g} ×, or a
    reason.
""")

SESSIONS = _line(f"""
    The models {", ".join(names.SESSION_MODELS)} against one window pass over the same accepted events: narrow
    (lag of the time per visitor, and a count of boundaries) and carrying the columns that sessions need; and
    against the same sessions written as Parquet by others. The models also say when each stage of a
    session was first and last reached. × are of the carrying pass. Target: ≤ {names.SESSIONS_TO_PASS:g} ×, and no
    more than SQL by hand. Polars and pandas read a Parquet copy, which is counted in their time.
""")

OTHERS = _line("""
    The other heavy steps, RFM and cohorts against the same rows by others, each in the fastest form that we could
    write. × are of the project's models, read and written alike: from tables of the same input rows, as Parquet.
    Above 1 a form takes more than they do. As the project runs them they write tables, which costs more, and read
    events and visits through views: only the version that counts of each event, and whose visits these are. Polars
    and pandas read Parquet copies, which is counted in their time. A full build is compared; the others begin anew
    whenever something arrives. This shop sends no event twice: to find that out is what is compared. Rows are
    compared with the last model's, amounts in four digits.
""")

BUILDS = _line(f"""
    A full refresh against the same command on an empty warehouse (dbt's fixed cost: parsing, starting, one
    statement per node), against the compiled SQL of its models (for `dbt build` also of its data tests) in one
    plain DuckDB process, and against reading every raw row once and writing every mart once. Ratios are beyond
    the fixed cost, CPU (wall). Target: ≤ {names.RUN_TO_STATEMENTS:g} × the statements.
""")

REFRESHES = _line(f"""
    Rows that were held back arrive as one later load batch (their own times stay, so that history changes), in a
    warehouse that was built and then refreshed once with nothing new. The refresh against the full build of all
    rows, both beyond the same command on an empty warehouse, which makes every table; a refresh keeps what is
    unchanged, so it may cost less than that, and its ratio is then 0. In the last column the refresh is beyond one
    where nothing is new, the full build as before. Each is run in turn with the one on the empty
    warehouse; of `dbt run` both are medians, of five after the newest events and of three after the others.
    CPU seconds (wall). Target:
    ≤ {names.REFRESH_TO_FULL:g} ×, and every table of {", ".join(names.COMPARED_SCHEMAS)} as a full refresh makes it.
""")

LEARNING = _line(f"""
    `clm-ml train churn` beyond its start (Python and its imports) against the bare fits of scikit-learn on the same
    matrices in memory; `clm-ml score churn` beyond its start against `predict_proba` of every estimator that the
    champion, its interval and its reasons consist of. CPU seconds, one thread for linear algebra and trees.
    Target of scoring: ≤ {names.SCORE_TO_PREDICT:g} ×.
""")

GROWTH = _line(f"""
    CPU seconds at each size, and the slope of log time against log size. 1 is in proportion to the events;
    below 1 a part does not depend on them. What a command takes beyond another is left out where that is less than
    {growth.TOLD_APART:g} at any size. Target: ≤ {names.GROWTH:g}.
""")
