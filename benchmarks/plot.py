"""The figures as charts: bars for the servers, curves for growth."""

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

if TYPE_CHECKING:
    from benchmarks.__main__ import Table

Panels = dict[str, dict[str, dict[int, float]]]
"""The curves of each title, and the points of each curve."""
OURS, OTHERS = "#2b6cb0", "#b8c4d0"


def draw(table: "Table", path: Path) -> None:
    """Draw the rates as multiples of FastAPI's, as PNG.

    Each kind of work has a bar for each server. The floor is left out: the other bars would be tiny beside it.
    """
    figure, axes = pyplot.subplots(1, len(table), figsize=(2.4 * len(table), 2.6), sharey=True)
    for axis, (work, of) in zip(axes, table.items(), strict=True):
        ratios = {name: each.rate / of["FastAPI"].rate for name, each in of.items() if name != "floor"}
        names = list(reversed(ratios))
        bars = axis.barh(names, [ratios[n] for n in names], color=[OURS if n == "Orderly" else OTHERS for n in names])
        axis.bar_label(bars, fmt="%.1f", padding=2, fontsize=8)
        axis.set_title(work, fontsize=9)
        axis.set_xticks([])
        axis.margins(x=0.2)
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.tick_params(labelsize=8)
    figure.supxlabel("requests per second as a multiple of FastAPI's", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def draw_growth(panels: Panels, path: Path) -> None:
    """Draw the curves of each title from zero, as PNG.

    So constant cost looks flat.
    """
    figure, axes = pyplot.subplots(1, len(panels), figsize=(2.6 * len(panels), 2.4), squeeze=False)
    for axis, (title, curves) in zip(axes[0], panels.items(), strict=True):
        for name, points in curves.items():
            axis.plot(list(points), list(points.values()), marker="o", markersize=3, label=name)
        axis.set_xscale("log")
        axis.set_ylim(bottom=0)
        axis.set_title(title, fontsize=8)
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
        if len(curves) > 1:
            axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
