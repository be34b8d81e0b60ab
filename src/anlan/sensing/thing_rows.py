"""Lists of devices as offices keep them: which column is which, what a cell means. Pure."""

import datetime as dt
import re
from collections.abc import Mapping

SYNONYMS: dict[str, tuple[str, ...]] = {
    "device": ("设备编号", "设备编码", "设备号", "设备ID", "编号", "IMEI", "序列号", "device", "id"),
    "name": ("名称", "设备名称", "测站名称", "站名", "点位名称", "点位", "name"),
    "kind": ("类型", "设备类型", "类别", "种类", "设备种类", "kind", "type"),
    "place": ("地点", "地方", "网格", "社区", "所属网格", "所属社区", "辖区", "区域", "place"),
    "lon": ("经度", "东经", "lon", "lng", "longitude"),
    "lat": ("纬度", "北纬", "lat", "latitude"),
    "scheme": ("坐标系", "坐标系统", "坐标类型", "crs"),
    "maker": ("型号", "设备型号", "厂家型号", "厂家", "品牌型号", "model"),
    "owner": ("权属单位", "产权单位", "归属单位", "管理单位", "权属", "owner"),
    "due": ("检定到期", "检定有效期", "检定到期日", "校准到期", "有效期至", "下次检定"),
    "every": ("采集间隔", "采集频率", "上报间隔", "上报周期", "采集周期", "间隔", "every"),
    "description": ("说明", "备注", "安装位置", "详细地址", "位置"),
}
SCHEMES = {
    "wgs84": "wgs84", "gps": "wgs84", "北斗": "wgs84", "cgcs2000": "wgs84", "国家2000": "wgs84", "2000": "wgs84",
    "gcj02": "gcj02", "火星": "gcj02", "高德": "gcj02", "腾讯": "gcj02", "国测局": "gcj02", "bd09": "bd09",
    "百度": "bd09",
}  # fmt: skip
_KINDS = {
    "雨量": "rain", "水位": "river", "河道": "river", "积水": "waterlog", "内涝": "waterlog", "烟": "smoke",
    "燃气": "gas", "可燃": "gas", "充电": "shed", "电梯": "lift", "边坡": "slope", "位移": "slope", "滑坡": "slope",
    "气象": "weather", "门禁": "gate", "客流": "gate", "视频": "video", "摄像": "video",
}  # fmt: skip
_UNITS = {"": 1, "秒": 1, "s": 1, "sec": 1, "分": 60, "分钟": 60, "min": 60, "m": 60, "小时": 3600, "时": 3600,
          "h": 3600, "hour": 3600, "天": 86_400, "日": 86_400, "d": 86_400}  # fmt: skip
_SPAN = re.compile(r"(?:每|每隔)?\s*(\d+(?:\.\d+)?)?\s*(?:个)?\s*([a-z]*|[一-鿿]*?)\s*(?:/次|一次|一条|1次)?")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T].*)?")


def kind_of(text: str, names: Mapping[str, str]) -> str | None:
    """Return the code of a kind of thing by its code, its name, or a word of it; None where there is none."""
    text = text.strip()
    if text in names:
        return text
    exact = next((code for code, name in names.items() if name == text), None)
    return exact or next((code for word, code in _KINDS.items() if word in text), None)


def scheme_of(text: str, usual: str) -> str | None:
    """Return wgs84, gcj02 or bd09; `usual` for an empty cell, None for what is no coordinate system."""
    plain = re.sub(r"[\s_\-—]", "", text).lower()
    if not plain:
        return usual
    return next((code for word, code in SCHEMES.items() if word in plain), None)


def every_of(text: str) -> int | None:
    """Return seconds of "300", "5分钟", "每小时", "10 min"; None for what is no interval, also beyond 31 days."""
    found = _SPAN.fullmatch(text.strip().lower())
    if not found or not text.strip() or found[2] not in _UNITS or (found[1] is None and not found[2]):
        return None
    seconds = round(float(found[1] or 1) * _UNITS[found[2]])
    return seconds if 1 <= seconds <= 31 * 86_400 else None


def day_of(text: str) -> dt.date | None:
    """Return the day of "2027-05-01", "2027/5/1", "2027年5月1日"; None for what is no day."""
    found = _DAY.fullmatch(text.strip())
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None
