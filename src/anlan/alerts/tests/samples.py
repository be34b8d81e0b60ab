"""Alerts of our own making, whole by default; each part can be replaced."""

CAP12 = "urn:oasis:names:tc:emergency:cap:1.2"


def info(
    *, language="zh-CN", event="暴雨", headline="澜江市气象台发布暴雨红色预警", severity="Extreme",
    onset="2026-07-18T02:05:00+08:00", expires="2026-07-18T08:00:00+08:00", codes=("510104000000",), area=None,
    instruction="停止户外活动，低处的人上楼。", responses=(),
):  # fmt: skip
    inside = area or "<areaDesc>锦江区</areaDesc>" + "".join(
        f"<geocode><valueName>CPEAS Geographic Code</valueName><value>{code}</value></geocode>" for code in codes
    )
    lapse = f"<expires>{expires}</expires>" if expires else ""
    kinds = "".join(f"<responseType>{kind}</responseType>" for kind in responses)
    return f"""<info>
<language>{language}</language>
<category>Met</category>
<event>{event}</event>
{kinds}<urgency>Immediate</urgency>
<severity>{severity}</severity>
<certainty>Likely</certainty>
<onset>{onset}</onset>
{lapse}
<senderName>澜江市气象台</senderName>
<headline>{headline}</headline>
<description>未来三小时雨量将超过 100 毫米。</description>
<instruction>{instruction}</instruction>
<area>{inside}</area>
</info>"""


def cap(
    *infos, identifier="51010041600000_20260718020500_1", sender="lanjiang@weather.test", status="Actual",
    sent="2026-07-18T02:05:00+08:00", msg_type="Alert", scope="Public", references="", namespace=CAP12, note="",
):  # fmt: skip
    """Return the bytes of an alert; without infos it has one, a red rainstorm."""
    name = f' xmlns="{namespace}"' if namespace else ""
    said = f"<note>{note}</note>\n" if note else ""
    earlier = f"<references>{references}</references>\n" if references else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert{name}>
<identifier>{identifier}</identifier>
<sender>{sender}</sender>
<sent>{sent}</sent>
<status>{status}</status>
<msgType>{msg_type}</msgType>
<scope>{scope}</scope>
{said}{earlier}{"".join(infos or (info(),))}
</alert>
""".encode()
