"""The atlas, the importers and the search box."""

import random
import time
from types import SimpleNamespace

import numpy as np
import shapely

from anlan.kernel import paths
from anlan.kernel.authority import machine
from anlan.places import coords, queries, services
from anlan.places.atlas import Atlas, Sheet

DISTRICTS = 343  # the Chinese prefecture map has as many
CORNERS = 1000


def districts(count=DISTRICTS, corners=CORNERS):
    """Return ragged neighbours that fill a square: Voronoi cells whose borders are drawn in `corners` points each."""
    rng = np.random.default_rng(7)
    sites = shapely.MultiPoint(rng.uniform((100, 28), (108, 34), (count, 2)))
    frame = shapely.box(100, 28, 108, 34)
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(sites, extend_to=frame)), frame)
    fine = shapely.segmentize(cells, max_segment_length=float(np.median(shapely.length(cells))) / corners)

    def ragged(xy):
        # the same shift at the same place keeps neighbours neighbours
        return xy + 0.01 * np.column_stack((np.sin(xy[:, 1] * 90), np.sin(xy[:, 0] * 90)))

    return shapely.transform(fine, ragged)


def spots(total):
    """Return a tree of `total` places with small square shapes, four levels deep."""
    families = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
    rng = random.Random(7)
    square = shapely.to_wkb(shapely.box(104, 30, 104.001, 30.001))

    def spot(path, level, name, code=""):
        return SimpleNamespace(
            path=path, level=level, name=name, code=code, lon=104 + rng.random(), lat=30 + rng.random(), shape=square,
            population=900,
            households=300, urban_class="111",
        )  # fmt: skip

    made = [spot("0001", "city", "澜江市", "9901")]
    while len(made) < total:
        n = len(made)
        street = paths.child("0001", n)
        word = "".join(rng.choices(families, k=2))
        made.append(spot(street, "street", f"{word}街道", f"{990100000 + n % 99999:09d}" if n < 99999 else ""))
        made += [
            spot(paths.child(street, i + 1), "community", "".join(rng.choices(families, k=3)) + f"第{i}社区")
            for i in range(min(40, total - len(made)))
        ]
    return made


def run(report):
    shapes = districts()
    corners = int(shapely.get_num_coordinates(shapes).sum())
    atlas = Atlas([Sheet(paths.child("0001", i + 1), "district", shapely.to_wkb(s)) for i, s in enumerate(shapes)])
    rng = np.random.default_rng(8)
    points = rng.uniform((100, 28), (108, 34), (20_000 if report.quick else 500_000, 2))
    few = points[:300]
    alone = shapely.points(few)

    def loop():
        return [next((i for i, s in enumerate(shapes) if s.contains(p)), -1) for p in alone]

    report.rate(
        f"atlas: points located among {DISTRICTS} polygons of {corners:,} corners", len(points),
        lambda: atlas.locate(points), baseline=("a loop of contains", loop), baseline_count=len(few), target=100_000,
    )  # fmt: skip
    report.rate("atlas: circles of 5 km turned into places and shares", 200,
                lambda: [atlas.touched_circle(*p, 5000) for p in points[:200]])  # fmt: skip
    report.rate("GCJ-02 to WGS-84, inverse within 0.1 m", len(points), lambda: coords.gcj02_to_wgs84(points))

    by = machine("bench")
    total = 20_000 if report.quick else 200_000
    made = spots(total)
    report.rate(f"{total:,} places with shapes loaded", total, lambda: services.load_many(made, by=by), repeat=1)
    report.seconds("atlas of that tree built", lambda: Atlas([Sheet(s.path, s.level, s.shape) for s in made]), repeat=1)
    for word in ("赵钱", "钱孙李", "zqjd", "9901", "社区", "赵 第7"):
        times = []
        for _ in range(20 if report.quick else 100):
            began = time.perf_counter()
            queries.search(word, by)
            times.append(time.perf_counter() - began)
        report.latency(f"search «{word}» among {total:,}", times, target_p99=0.020)
    report.memory()
