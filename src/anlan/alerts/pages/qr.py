"""A QR code as a drawing inside the page: sharp on paper, no request, no script."""

from functools import lru_cache

import qrcode
from django.utils.safestring import SafeString, mark_safe
from qrcode.constants import ERROR_CORRECT_M

EDGE = 4  # modules of white around the code, as ISO/IEC 18004 asks


@lru_cache(maxsize=256)
def code(text: str) -> SafeString:
    """Return an SVG of the code of an address; its colours are fixed, since a scanner needs dark on light."""
    made = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    made.add_data(text)
    made.make(fit=True)
    rows = made.get_matrix()
    size = len(rows) + 2 * EDGE
    runs = "".join(
        f"M{x + EDGE} {y + EDGE}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    svg = (
        f'<svg class="qr" viewBox="0 0 {size} {size}" shape-rendering="crispEdges" aria-hidden="true">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{runs}" fill="#000"/></svg>'
    )
    return mark_safe(svg)  # noqa: S308 - numbers alone
