"""Units as gateways and tables write them, turned into the UCUM units of streams. Pure.

Only what water, weather and fire gauges of a city send; another unit is added as one line here.
"""

from functools import cache

# UCUM: (dimension, factor, offset) to the base of the dimension: base = value × factor + offset
_KNOWN: dict[str, tuple[str, float, float]] = {
    "mm": ("length", 1e-3, 0), "cm": ("length", 1e-2, 0), "dm": ("length", 0.1, 0), "m": ("length", 1, 0),
    "km": ("length", 1e3, 0), "[in_i]": ("length", 0.0254, 0), "[ft_i]": ("length", 0.3048, 0),
    "m3/s": ("flow", 1, 0), "L/s": ("flow", 1e-3, 0), "L/min": ("flow", 1e-3 / 60, 0), "m3/h": ("flow", 1 / 3600, 0),
    "m3/d": ("flow", 1 / 86400, 0),
    "Cel": ("temperature", 1, 0), "K": ("temperature", 1, -273.15), "[degF]": ("temperature", 5 / 9, -160 / 9),
    "Pa": ("pressure", 1, 0), "hPa": ("pressure", 100, 0), "kPa": ("pressure", 1e3, 0), "MPa": ("pressure", 1e6, 0),
    "bar": ("pressure", 1e5, 0), "mbar": ("pressure", 100, 0), "mm[Hg]": ("pressure", 133.322387415, 0),
    "m/s": ("speed", 1, 0), "km/h": ("speed", 1 / 3.6, 0), "[kn_i]": ("speed", 1852 / 3600, 0),
    "A": ("current", 1, 0), "mA": ("current", 1e-3, 0), "V": ("voltage", 1, 0), "mV": ("voltage", 1e-3, 0),
    "W": ("power", 1, 0), "kW": ("power", 1e3, 0), "MW": ("power", 1e6, 0),
    "1": ("share", 1, 0), "%": ("share", 1e-2, 0), "[ppm]": ("share", 1e-6, 0), "%{LEL}": ("lel", 1, 0),
    "deg": ("angle", 1, 0), "s": ("time", 1, 0), "min": ("time", 60, 0), "h": ("time", 3600, 0),
}  # fmt: skip
_WRITTEN = {
    "毫米": "mm", "厘米": "cm", "分米": "dm", "米": "m", "千米": "km", "公里": "km", "in": "[in_i]", "inch": "[in_i]",
    "英寸": "[in_i]", "ft": "[ft_i]", "英尺": "[ft_i]",
    "m^3/s": "m3/s", "m³/s": "m3/s", "m3.s-1": "m3/s", "cumecs": "m3/s", "立方米每秒": "m3/s", "l/s": "L/s",
    "升每秒": "L/s", "l/min": "L/min", "m^3/h": "m3/h", "m³/h": "m3/h", "m^3/d": "m3/d", "m³/d": "m3/d",
    "℃": "Cel", "°C": "Cel", "degC": "Cel", "C": "Cel", "摄氏度": "Cel", "℉": "[degF]",
    "°F": "[degF]", "degF": "[degF]",
    "百帕": "hPa", "千帕": "kPa", "mmHg": "mm[Hg]", "米每秒": "m/s", "kn": "[kn_i]", "kt": "[kn_i]",
    "安": "A", "毫安": "mA",
    "伏": "V", "千瓦": "kW", "瓦": "W", "％": "%", "%RH": "%", "ppm": "[ppm]", "%LEL": "%{LEL}", "°": "deg",
    "度": "deg",
    "秒": "s", "分钟": "min", "小时": "h",
}  # fmt: skip


def ucum(written: str) -> str:
    """Return the UCUM unit of what somebody wrote; what is not known comes back as it is."""
    written = written.strip()
    return written if written in _KNOWN else _WRITTEN.get(written, written)


def known(unit: str) -> bool:
    """Say whether a unit, as UCUM or as it is usually written, is in the table."""
    return ucum(unit) in _KNOWN


@cache
def linear(source: str, target: str) -> tuple[float, float] | None:
    """Return (factor, offset) from one unit to another, None where none leads there.

    >>> linear("mm", "m"), linear("mm", "Cel")
    ((0.001, 0.0), None)
    """
    source, target = ucum(source), ucum(target)
    if source == target:
        return 1.0, 0.0
    one, other = _KNOWN.get(source), _KNOWN.get(target)
    if one is None or other is None or one[0] != other[0]:
        return None
    return one[1] / other[1], (one[2] - other[2]) / other[1]
