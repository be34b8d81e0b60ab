"""The words of what the house itself does: its commands, as the trail names them."""

from django.utils.translation import gettext_lazy as _

MACHINES = {
    "anlan init": _("安装"),
    "anlan city": _("初始装入"),
    "anlan import": _("导入"),
    "anlan storm": _("演示"),
    "anlan drill": _("演练"),
    "anlan ledger proof": _("导出证据"),
    "anlan ledger vault-destroy": _("销毁密钥"),
}
