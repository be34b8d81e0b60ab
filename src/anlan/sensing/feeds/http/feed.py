"""Gateways post readings: the batch door as it is, or a vendor's own JSON through a mapping (README.md)."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.callout.carriers.tuning import Setting
from anlan.sensing.feeds import Health, Source


class Feed:
    """Waits to be posted to."""

    name = "http"
    label = gettext_lazy("网关送过来（HTTP）")
    about = gettext_lazy("网关拿令牌把读数送到安澜；厂家自己的格式，写好对照就行")
    fields: Sequence[Setting] = ()
    mapped = False
    token = True

    def test(self, source: Source) -> Health:  # noqa: ARG002
        """Nothing can be tried from here."""
        return Health(ok=True, words=_("换一个令牌，照说明让网关送一条，再回来看收到没有"))
