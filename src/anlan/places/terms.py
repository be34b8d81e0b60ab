"""The words of places: levels, code schemes, coordinate systems, what may be done and what was done."""

from enum import StrEnum

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


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
    Level.PROVINCE: gettext_noop("省"),
    Level.CITY: gettext_noop("市"),
    Level.DISTRICT: gettext_noop("区县"),
    Level.STREET: gettext_noop("街镇"),
    Level.COMMUNITY: gettext_noop("社区"),
    Level.GRID: gettext_noop("网格"),
    Level.ESTATE: gettext_noop("小区"),
    Level.BUILDING: gettext_noop("楼栋"),
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
    Scheme.STAT: gettext_noop("统计用区划代码"),
    Scheme.GRID_BJ15: gettext_noop("北京单元网格"),
    Scheme.GRID_CJT213: gettext_noop("CJ/T 213 单元网格"),
    Scheme.GRID_CJT349: gettext_noop("CJ/T 349 网格"),
    Scheme.HOUSE_SZ25: gettext_noop("深圳统一地址"),
    Scheme.LOCAL: gettext_noop("本地编码"),
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
        return {"READ": _now("看地方"), "MANAGE": _now("改地方"), "IMPORT": _now("导入地方")}[self.name]


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
    PLANNED = "places.adjustment_planned"
    CORRECTED = "places.adjustment_corrected"
    DROPPED = "places.adjustment_dropped"
    ADJUSTED = "places.adjusted"
    ADJUSTMENT_UNDONE = "places.adjustment_undone"
    RENAMED = "places.renamed"
    MOVED = "places.moved"
    MERGED = "places.merged"
    SPLIT = "places.split"
    RESTORED = "places.restored"
    FOLLOWED = "places.adjustment_followed"


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


class AdjustmentState(StrEnum):
    DRAFT = "draft"
    APPLIED = "applied"
    UNDONE = "undone"
    DROPPED = "dropped"


class Fate(StrEnum):
    """What becomes of a place when divisions change."""

    RENAMED = "renamed"
    RECODED = "recoded"
    MERGED = "merged"
    SPLIT = "split"
    FOUNDED = "founded"
    CLOSED = "closed"
    MOVED = "moved"
    UNMATCHED = "unmatched"


SURE = 70  # percent: a proposal that is less sure waits until a person has looked at it
FATE_NAMES = {
    Fate.RENAMED: gettext_noop("改名"),
    Fate.RECODED: gettext_noop("换代码"),
    Fate.MERGED: gettext_noop("合并"),
    Fate.SPLIT: gettext_noop("拆分"),
    Fate.FOUNDED: gettext_noop("新设"),
    Fate.CLOSED: gettext_noop("撤销"),
    Fate.MOVED: gettext_noop("换上级"),
    Fate.UNMATCHED: gettext_noop("没对上"),
}


WORDS = {
    Did.FOUNDED: _("建立顶级地方「{name}」"),
    Did.ADDED: _("添加地方「{name}」"),
    Did.CHANGED: _("改了地方的资料"),
    Did.RECODED: _("编码由 {was} 换成 {now}，从 {on} 起"),
    Did.CLOSED: _("撤销地方，从 {on} 起：{reason}"),
    Did.REOPENED: _("恢复撤销的地方：{reason}"),
    Did.SHAPED: _("改了边界"),
    Did.LOADED: _("成批载入 {places} 个地方"),
    Did.CHECKED: _("看了一份文件会改什么：{file}"),
    Did.IMPORTED: _("导入文件：{file}"),
    Did.UNDONE: _("撤回一次导入：{reason}"),
    Did.REMOVED: _("撤回导入时删去"),
    Did.SETTLED: _("处理了导入时放不进的第 {row} 行：{note}"),
    Did.PLANNED: _("拿新区划表比对：{file}"),
    Did.CORRECTED: _("核对区划调整的一行：{what}"),
    Did.DROPPED: _("作废一份区划调整"),
    Did.ADJUSTED: _("区划调整生效：{title}"),
    Did.ADJUSTMENT_UNDONE: _("撤回区划调整：{reason}"),
    Did.RENAMED: _("由「{was}」改名为「{now}」，从 {on} 起"),
    Did.MOVED: _("换了上级，从 {on} 起；现为「{now}」"),
    Did.MERGED: _("并入「{now}」，从 {on} 起"),
    Did.SPLIT: _("拆分为「{now}」，从 {on} 起"),
    Did.FOLLOWED: _("生效时刚写下的又跟过去 {rows} 条"),
    Did.RESTORED: _("随撤回区划调整恢复原样"),
}
TYPES = {
    "places.place": _("地方"),
    "places.import": _("地方的导入"),
    "places.reject": _("导入待处理的行"),
    "places.adjustment": _("区划调整"),
}
MACHINES = {"places": _("地方")}

SCENERY = ("river", "road")  # what a map draws under the places
