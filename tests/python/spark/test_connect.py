"""The same through a Spark Connect server: dbt's incremental models, and what clm-ml does with tables."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from clm_ml.spark import _said
from spark_house import OPEN, SparkHouse, own_project
from test_incremental import BATCHES, FIRST, MODELS, SECOND
from throwaway import ROOT

pytestmark = pytest.mark.slow

STARTS_WITHIN = 120  # seconds
SETTINGS = {
    "spark.sql.catalogImplementation": "hive",
    "spark.sql.warehouse.dir": "{folder}/spark/tables",
    "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:;databaseName={folder}/spark/metastore;create=true",
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.connect.grpc.binding.port": "{port}",
    "spark.driver.extraJavaOptions": "-Duser.timezone=America/New_York -Dderby.stream.error.file=/dev/null "
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # the client says which zone counts
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
}
DOOR = """
from datetime import datetime
from clm_ml import warehouse
from clm_ml.project import models_dir
w = open_session(profile_target())
w.execute("create schema door")
w.execute("create table door.held (who string, number bigint, at timestamp) using parquet")
rows = [{"who": "ada", "number": 1, "at": datetime(2025, 1, 2, 10)}, {"who": "bob"}]
warehouse.stage(w, "fresh", rows, "door.held")
warehouse.replace_rows(w, "door.held", "false", "select * from fresh")
w.stage_mapped("door.mapped", "select * from door.held", lambda batches: batches, "door.held")
warehouse.replace_rows(w, "door.held", "p.who = 'ada'", "select 'cy' as who, 2 as number, at from door.mapped")
print(type(w.session).__module__, warehouse.columns(w, "door", "none"), models_dir())
print(sorted(w.execute("select * from door.held where who <> ?", ["bob"]).fetchall(), key=repr))
"""
WORDS = """text,number,day
it's,1,2025-01-02
back\\slash,,2025-01-03
"two ""lines""
of 5 %s",3,
,4,2025-01-05
"""


class ConnectHouse(SparkHouse):
    """A warehouse that a server holds: dbt and clm-ml reach it by its port."""

    port = 0

    def _environment(self, threads: int) -> dict[str, str]:
        return super()._environment(threads) | {
            "DBT_TARGET": "spark_connect",
            "SPARK_REMOTE": f"sc://localhost:{self.port}",
            "PYTHONWARNINGS": "ignore:Failed to set",
        }


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectHouse]:
    """An empty warehouse and its server."""
    pytest.importorskip("grpc", reason="no grpcio: make setup-spark")
    import pyspark

    house = ConnectHouse(tmp_path_factory.mktemp("connect"))
    house.port = free_port()
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    given = [f"{n}={v.format(folder=house.folder, port=house.port)}" for n, v in SETTINGS.items()]
    words = ["--master", "local[2]", *(word for setting in given for word in ("--conf", setting))]
    words += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
    log = house.folder / "server.log"
    with log.open("w") as said:
        environment = os.environ | {"PYSPARK_PYTHON": sys.executable}
        server = subprocess.Popen([submit, *words], cwd=ROOT, env=environment, stdout=said, stderr=said)
    try:
        until = time.monotonic() + STARTS_WITHIN
        while not listens(house.port):
            assert server.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < until, log.read_text(encoding="utf-8")
            time.sleep(0.5)
        yield house
    finally:
        server.terminate()
        server.wait(60)


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def listens(port: int) -> bool:
    with closing(socket.socket()) as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def test_incremental_models_are_replaced_as_in_a_session(served: ConnectHouse) -> None:
    models = {name: config + BATCHES for name, config in MODELS.items()}
    project = own_project(served.folder / "project", models)
    for batch in (1, 2):
        served.dbt("run", variables={"batch": batch}, project=project)
    assert served.stored("main", "by_row") == sorted([*FIRST, *SECOND], key=repr)
    kept = [row for row in FIRST if row[1] != "ada"]
    assert served.stored("main", "by_visitor") == sorted([*kept, *SECOND], key=repr)


def test_seeds_are_inserted_as_they_are_in_the_file(served: ConnectHouse) -> None:
    project = own_project(served.folder / "seeded", {})
    (project / "seeds").mkdir()
    (project / "seeds" / "words.csv").write_text(WORDS, encoding="utf-8")
    served.dbt("seed", project=project)
    rows = [
        ("it's", 1, date(2025, 1, 2)),
        ("back\\slash", None, date(2025, 1, 3)),
        ('two "lines"\nof 5 %s', 3, None),
        (None, 4, date(2025, 1, 5)),
    ]
    assert served.stored("main", "words") == sorted(rows, key=repr)


def test_where_no_server_answers_clm_ml_says_so() -> None:
    what, remedy = _said('<_InactiveRpcError of RPC\n\tstatus = StatusCode.UNAVAILABLE\n\tdetails = "refused"')
    assert what == "no Spark Connect server answers"
    assert "SPARK_REMOTE" in remedy


def test_clm_ml_reads_stages_maps_and_replaces(served: ConnectHouse) -> None:
    where, rows = served.python("-W", "error:Failed to set", "-c", OPEN.split("spark =")[0] + DOOR).splitlines()
    assert where == f"pyspark.sql.connect.session {{}} {served.folder / 'spark' / 'clm_models'}"
    at = "datetime.datetime(2025, 1, 2, 10, 0)"
    assert rows == f"[('cy', 2, None), ('cy', 2, {at})]"
