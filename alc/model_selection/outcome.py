"""What choosing among models on noisy, cleaned and true labels came to, as numbers and as a table."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.metrics.agreement import competition_ranks, kendall_tau, spearman
from alc.model_selection.right import chosen, is_right
from alc.simulation.summary import reach, spread

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ModelSelection"]


@dataclass(frozen=True, slots=True, eq=False)
class ModelSelection:
    """Scores of M models on S initialisations of noisy labels, in K states from noisy to cleaned, and on true labels.

    Attributes:
        models: M names.
        seeds: S, one annotator panel and one set of noisy labels each.
        labels: K names of the states: noisy, then cleaned by each share.
        samples: K numbers of samples relabelled, 0 first.
        metric: Name of the score.
        scores: (S, K, M), higher = better.
        true_scores: (M,) on the reference labels.
        label_accuracy: (S, K, M) fraction of right labels; the same for all models unless each has cleaned its own.
        annotations: (S, K, M) bought until then.
        settled: Per seed, the annotations after which the right model is chosen and stays chosen; None where it is not
            even with all samples relabelled.
    """

    models: tuple[str, ...]
    seeds: tuple[int, ...]
    labels: tuple[str, ...]
    samples: tuple[int, ...]
    metric: str
    scores: FloatArray
    true_scores: FloatArray
    label_accuracy: FloatArray
    annotations: IntArray
    settled: tuple[int | None, ...]

    def summary(self) -> dict[str, Any]:
        """Plain numbers for ``summary.json``, spreads over the label initialisations (sample standard deviation).

        A state chooses the right model if every model that shares its highest score is best by the true labels, see
        :func:`is_right`; ``repaired`` counts the initialisations whose noisy labels choose a wrong model and whose
        cleaned labels do not, ``broken`` the opposite.
        """
        places = competition_ranks(self.true_scores)
        models = {
            name: {
                "true": float(self.true_scores[m]),
                "place": int(places[m]),
                **{state: spread(self.scores[:, k, m].tolist()) for k, state in enumerate(self.labels)},
            }
            for m, name in enumerate(self.models)
        }
        return {
            "metric": self.metric,
            "seeds": list(self.seeds),
            "right": chosen(self.true_scores, self.models),
            "models": models,
            "labels": {state: self._state(k) for k, state in enumerate(self.labels)},
            "relabels_until_right": reach(list(self.settled)),
        }

    def _state(self, k: int) -> dict[str, Any]:
        right, before = (is_right(self.scores[:, state], self.true_scores) for state in (k, 0))
        choices = [" = ".join(chosen(row, self.models)) for row in self.scores[:, k]]
        return {
            "samples": self.samples[k],
            "annotations": spread(self.annotations[:, k].mean(axis=1).tolist()),
            "label_accuracy": spread(self.label_accuracy[:, k].mean(axis=1).tolist()),
            "chosen": {name: choices.count(name) for name in dict.fromkeys(choices)},
            "right": int(right.sum()),
            "repaired": int((right & ~before).sum()),
            "broken": int((before & ~right).sum()),
            "kendall_tau": _defined([kendall_tau(row, self.true_scores) for row in self.scores[:, k]]),
            "spearman": _defined([spearman(row, self.true_scores) for row in self.scores[:, k]]),
        }

    def score_table(self) -> "pd.DataFrame":
        """Long table, one row per model, state of the labels and seed, those of the true labels without a seed.

        Columns: labels, samples, annotations, label_accuracy, seed, model, score, place (1 = best of the state).
        """
        import pandas as pd

        rows: list[dict[str, object]] = []
        for k, state in enumerate(self.labels):
            for s, seed in enumerate(self.seeds):
                places = competition_ranks(self.scores[s, k])
                rows += [
                    {
                        "labels": state,
                        "samples": self.samples[k],
                        "annotations": int(self.annotations[s, k, m]),
                        "label_accuracy": float(self.label_accuracy[s, k, m]),
                        "seed": seed,
                        "model": name,
                        "score": float(self.scores[s, k, m]),
                        "place": int(places[m]),
                    }
                    for m, name in enumerate(self.models)
                ]
        places = competition_ranks(self.true_scores)
        rows += [
            {
                "labels": "true",
                "label_accuracy": 1.0,
                "model": name,
                "score": float(self.true_scores[m]),
                "place": int(places[m]),
            }
            for m, name in enumerate(self.models)
        ]
        whole = dict.fromkeys(("samples", "annotations", "seed", "place"), "Int64")
        return pd.DataFrame(rows).astype(whole)


def _defined(values: list[float]) -> dict[str, Any]:
    """Spread of those that are defined; a correlation is not where all models tie."""
    known = [value for value in values if np.isfinite(value)]
    return {"defined": len(known), **(spread(known) if known else {"mean": None, "sd": None})}
