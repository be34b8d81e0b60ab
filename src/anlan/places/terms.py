"""The words of places: levels, code schemes, coordinate systems, what may be done and what was done."""

from enum import StrEnum


class Level(StrEnum):
    """The rungs of the tree. A tree may leave some out and may nest grids in grids, so order is not depth."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    ESTATE = "estate"
    BUILDING = "building"


LEVELS = tuple(Level)
RANK = {level: number for number, level in enumerate(LEVELS)}
LEVEL_NAMES = {
    Level.PROVINCE: "省",
    Level.CITY: "市",
    Level.DISTRICT: "区县",
    Level.STREET: "街镇",
    Level.COMMUNITY: "社区",
    Level.GRID: "网格",
    Level.ESTATE: "小区",
    Level.BUILDING: "楼栋",
}


class Scheme(StrEnum):
    """Where a code comes from (domain-facts B1)."""

    STAT = "stat"  # 统计用区划代码, 2 to 12 digits
    GRID_BJ15 = "db11"  # 北京单元网格 15 digits
    GRID_CJT213 = "cjt213"  # 数字城管单元网格 14 digits
    GRID_CJT349 = "cjt349"  # CJ/T 349-2010 20 digits
    HOUSE_SZ25 = "sz25"  # 深圳统一地址 25 digits
    LOCAL = "local"  # whatever the town writes


SCHEME_NAMES = {
    Scheme.STAT: "统计用区划代码",
    Scheme.GRID_BJ15: "北京单元网格",
    Scheme.GRID_CJT213: "CJ/T 213 单元网格",
    Scheme.GRID_CJT349: "CJ/T 349 网格",
    Scheme.HOUSE_SZ25: "深圳统一地址",
    Scheme.LOCAL: "本地编码",
}


class Crs(StrEnum):
    """Coordinate systems that reach the door; inside it is WGS-84 only."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Can(StrEnum):
    READ = "places.read"
    MANAGE = "places.manage"
    IMPORT = "places.import"

    @property
    def label(self) -> str:
        """What a page calls the permission."""
        return {"READ": "看地方", "MANAGE": "改地方", "IMPORT": "导入地方"}[self.name]


class Did(StrEnum):
    FOUNDED = "places.founded"
    ADDED = "places.added"
    CHANGED = "places.changed"
    RECODED = "places.recoded"
    CLOSED = "places.closed"
    REOPENED = "places.reopened"
    SHAPED = "places.shaped"
    LOADED = "places.loaded"
    CHECKED = "places.checked"
    IMPORTED = "places.imported"
    UNDONE = "places.import_undone"
    REMOVED = "places.removed"
    SETTLED = "places.reject_settled"


class ImportKind(StrEnum):
    DIVISIONS = "divisions"
    BOUNDARIES = "boundaries"
    LOCAL = "local"


class Mode(StrEnum):
    """What an import does with bad rows: refuse the whole file, or keep them aside where somebody sees them."""

    ALL = "all"
    GOOD = "good"


class ImportState(StrEnum):
    CHECKED = "checked"
    STORED = "stored"
    UNDONE = "undone"
