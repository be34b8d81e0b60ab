"""Why an attempt to reach somebody came to nothing, by the code that a receipt keeps."""

from typing import Any

from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Any] = {
    "busy": _("占线"),
    "no_answer": _("响了没接"),
    "off": _("关机"),
    "unreachable": _("不在服务区"),
    "refused": _("挂断了"),
    "dead": _("空号或停机"),
    "empty_number": _("空号"),
    "suspended": _("停机"),
    "no_address": _("没有留这个通道要的号码或账号"),
    "no_account": _("那边没有这个账号"),
    "not_visible": _("他不在应用的可用范围里"),
    "forbidden": _("发得太多，平台没让发"),
    "no_carrier": _("没有能用的通道"),
    "gateway": _("网关坏了，换了别的通道"),
    "waiting": _("网关忙，等着再试"),
    "not_needed": _("轮到时他已经应了"),
    "no_relay": _("这个地方没有在线的短信手机"),
    "daily_limit": _("短信手机今天的条数用完了"),
    "queue_full": _("短信手机排队太长"),
    "relay_silent": _("短信手机没声音了，没发出去"),
    "relay_lost": _("短信手机取走了，一直没报结果"),
    "unknown": _("短信手机断过电，不知道发出去没有"),
    "drill": _("演练不许打真电话，拦下了"),
    "failed": _("网关没说为什么"),
}
