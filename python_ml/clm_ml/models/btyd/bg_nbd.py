"""BG/NBD (Fader, Hardie and Lee 2005): a customer may drop out after each repeat purchase, never before the first.

So a customer without a repeat purchase is alive for certain.
"""

from __future__ import annotations

from typing import ClassVar

from clm_ml.models.btyd.geometric import GeometricDropout


class BgNbd(GeometricDropout):
    """r, alpha: rate of purchases while alive; a, b: probability of dropping out after one."""

    NAME: ClassVar[str] = "bg_nbd"
    CHANCES_AT_FIRST: ClassVar[int] = 0
