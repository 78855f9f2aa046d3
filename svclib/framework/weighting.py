"""How the children of a node are weighted: one method, or a combination of several."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from svclib.framework.names import chinese
from svclib.framework.rules import Positive
from svclib.framework.scoring import Frozen

WeightMethod = Literal[
    "direct", "equal", "rank_order", "ahp", "entropy", "critic", "cv", "pca", "stated", "drivers", "combine"
]
How = Literal["eigenvector", "geometric", "centroid", "sum", "reciprocal", "lmg", "johnson"]
Panel = Literal["aij", "aip"]
Combination = Literal["linear", "product"]
# Variants of a method, the default first.
HOWS: dict[str, tuple[str, ...]] = {
    "ahp": ("eigenvector", "geometric"),
    "rank_order": ("centroid", "sum", "reciprocal"),
    "drivers": ("lmg", "johnson"),
}
# Their weights move with the data of the cycle.
RELATIVE = ("entropy", "critic", "cv", "pca", "stated", "drivers")


class Method(Frozen):
    """One method with its settings; those of other methods stay empty."""

    method: Annotated[WeightMethod, chinese(WeightMethod)] = "direct"
    how: Annotated[How, chinese(How)] | None = None
    group: Annotated[Panel, chinese(Panel)] | None = None
    max_cr: Annotated[float, Field(gt=0, le=1)] = 0.10
    ri: Literal["saaty", "saaty2005"] = "saaty"
    columns: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    outcome: str = ""  # what the drivers explain: a rated indicator, or an item
    from_: str | None = Field(default=None, alias="from")

    @property
    def variant(self) -> str:
        """The variant of the method, its default where none is written; "" where it has none."""
        return self.how or HOWS.get(self.method, ("",))[0]

    @property
    def relative(self) -> bool:
        """The weights move with the data of the cycle unless pinned by `from`."""
        return self.method in RELATIVE


class Weighting(Method):
    """How a level is weighted; `of` holds the methods that `combine` puts together."""

    combine: Annotated[Combination, chinese(Combination)] | None = None
    of: tuple[Method, ...] = ()
    share: tuple[Positive, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _combination_is_a_method(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and "combine" in raw and "method" not in raw:
            return {**raw, "method": "combine"}
        return raw

    @property
    def parts(self) -> tuple[Method, ...]:
        """The methods in use: those of a combination, or this one."""
        return self.of or (self,)

    @property
    def moves(self) -> bool:
        """Whether any of its weights moves with the data of the current cycle."""
        return any(part.relative and part.from_ is None for part in self.parts)
