"""MBG/NBD (Batislam, Denizel and Filiztekin 2007): the first purchase may be the last one, too.

So a customer without a repeat purchase may have dropped out.
"""

from __future__ import annotations

from typing import ClassVar

from clm_ml.models.btyd import geometric
from clm_ml.models.btyd.cells import Cells
from clm_ml.models.btyd.model import OrderModel
from clm_ml.models.rows import Floats

CHANCES_AT_FIRST = 1


class MbgNbd(OrderModel):
    """r, alpha: rate of purchases while alive; a, b: probability of dropping out after one."""

    NAME: ClassVar[str] = "mbg_nbd"
    NAMES: ClassVar[tuple[str, ...]] = geometric.NAMES
    TIMES: ClassVar[tuple[str, ...]] = ("alpha",)
    STARTS: ClassVar[tuple[tuple[float, ...], ...]] = geometric.STARTS

    @classmethod
    def log_likelihood(cls, log_params: Floats, cells: Cells) -> tuple[float, Floats]:
        return geometric.log_likelihood(log_params, cells, CHANCES_AT_FIRST)

    def alive(self, cells: Cells) -> Floats:
        return geometric.alive(self.params, cells, CHANCES_AT_FIRST)

    def expected_while_alive(self, cells: Cells, horizon: float) -> Floats:
        return geometric.expected_while_alive(self.params, cells, CHANCES_AT_FIRST, horizon)

    def order_while_alive(self, cells: Cells, horizon: float) -> Floats:
        return geometric.order_while_alive(self.params, cells, horizon)

    def time_to_next(self, cells: Cells, quantile: float) -> Floats:
        return geometric.time_to_next(self.params, cells, self.alive(cells), quantile)
