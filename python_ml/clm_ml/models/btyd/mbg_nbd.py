"""MBG/NBD (Batislam, Denizel and Filiztekin 2007): the first purchase may be the last one, too.

So a customer without a repeat purchase may have dropped out.
"""

from __future__ import annotations

from typing import ClassVar

from clm_ml.models.btyd.geometric import GeometricDropout


class MbgNbd(GeometricDropout):
    """r, alpha: rate of purchases while alive; a, b: probability of dropping out after one."""

    NAME: ClassVar[str] = "mbg_nbd"
    CHANCES_AT_FIRST: ClassVar[int] = 1
