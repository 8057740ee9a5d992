"""How a campaign goes: what is settled and changed, and what the audit says is left wrong, over the answers given."""

from typing import TYPE_CHECKING

from alc.errors import InputError
from alc.figures.canvas import PAGE_INCHES, SMALL, count_axis, freeze, heading, house_style, new_figure
from alc.figures.palette import BLACK, BLUE, GREY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["campaign_rounds"]


@house_style()
def campaign_rounds(rounds: "pd.DataFrame", *, title: str | None = None) -> "Figure":
    """Two panels over answers: samples settled and labels changed; the error that the audit estimates, with interval.

    Args:
        rounds: One row per round: ``answers``, ``settled``, ``changed``, and where there was an audit ``error``,
            ``error_lower``, ``error_upper``, ``audited`` and ``target``.
        title: First line of the heading.

    Raises:
        InputError: There are no rounds, or a column lacks.
    """
    from matplotlib.ticker import MaxNLocator

    if missing := {"answers", "settled", "changed"} - set(rounds):
        raise InputError(f"the table of rounds lacks {', '.join(sorted(missing))}", allowed="answers, settled, changed")
    if not len(rounds):
        raise InputError("the table of rounds has no rows", allowed="one row per round")
    figure = new_figure(PAGE_INCHES, 3.2)
    left, right = figure.subplots(1, 2)
    last = int(rounds["answers"].max())
    for axes in (left, right):
        count_axis(axes, round(1.04 * last))
        axes.set_xlabel("Answers")
    for name, colour, label in (("settled", BLUE, "settled"), ("changed", BLACK, "changed")):
        left.plot([0, *rounds["answers"]], [0, *rounds[name]], "o-", color=colour, markersize=4, label=label)
    left.set_ylabel("Samples")
    left.set_ylim(bottom=0)
    left.yaxis.set_major_locator(MaxNLocator(integer=True))
    left.legend(frameon=False, loc="upper left")
    right.set_ylabel("Wrong labels (%)")
    audited = rounds[rounds["audited"] > 0] if "audited" in rounds else rounds.iloc[:0]
    if len(audited):
        rate = 100 * audited["error"].to_numpy()
        ends = [rate - 100 * audited["error_lower"].to_numpy(), 100 * audited["error_upper"].to_numpy() - rate]
        right.errorbar(audited["answers"], rate, ends, fmt="o", color=BLUE, markersize=4, capsize=3, linewidth=1)
        target = 100 * float(audited["target"].iloc[-1])
        right.axhline(target, color=GREY, linewidth=1, linestyle="--")
        right.annotate(f"target {target:g} %", (0.99, target), xycoords=("axes fraction", "data"), fontsize=SMALL,
                       xytext=(0, 2), textcoords="offset points", ha="right", va="bottom", color=BLACK)  # fmt: skip
        highest = max(float(100 * audited["error_upper"].max()), target)
        right.set_ylim(0, min(100.0, 1.1 * highest))
    else:
        right.set_ylim(0, 1)
        right.set_yticks([])
        right.text(0.5, 0.5, "No audit", transform=right.transAxes, ha="center", va="center", color=GREY)
    now = rounds.iloc[-1]
    told = f"{int(now['settled']):,} samples settled, {int(now['changed']):,} labels changed"
    if len(audited):
        final = audited.iloc[-1]
        told += (
            f"; {100 * final['error']:.1f} % of labels wrong ({100 * final['error_lower']:.1f} to "
            f"{100 * final['error_upper']:.1f} %), by {int(final['audited']):,} audited"
        )
    heading(figure, title, told)
    return freeze(figure)
