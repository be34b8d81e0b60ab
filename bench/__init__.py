"""Measures, never asserts. A file here is one subject: `run(report)` measures, each figure beside a baseline.

    def run(report):
        report.rate("record, per entry", rows, lambda: record(rows), baseline=("bare INSERT", lambda: insert(rows)))
        report.seconds("176,000 handed over", fan_out, target=10)
        report.latency("answer through the door", list_of_seconds, target_p99=0.5)

Each subject runs in a process of its own (so that its peak memory is its own), on a database of its own with the tables
made, in the application's role, on an embedded PostgreSQL of the run's own with fsync on. `report.quick` asks for less.
"""
