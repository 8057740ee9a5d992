"""Semi-supervised training: labels that look wrong and images without labels learn from the average of the weights."""

from typing import Literal, get_args

import torch
from torch import Tensor

from alc.data.augmentation import Augmentation
from alc.data.batch import Batch
from alc.data.predicted_views import PredictedViews
from alc.data.unlabelled import UnlabelledViews
from alc.errors import InputError
from alc.losses.loss_mixture import clean_probability
from alc.losses.noise_rate import estimated_noise_rate
from alc.losses.soft_targets import label_posterior, sharpened, smoothed, weighted_soft_cross_entropy
from alc.methods.base import ClassifierModule, OptimizerFactory, Prediction, SchedulerFactory, StepOutput
from alc.methods.joined_rows import joined_rows
from alc.methods.mixup import Mixup
from alc.methods.teacher import Teacher
from alc.models.base import Backbone, BackboneFactory
from alc.seeding import stream

__all__ = ["Division", "SemiSupervised"]

SMALLEST_RATE = 1e-3  # of wrong labels; at 0 no label could be doubted
MARGINAL_RATE = 0.02  # how fast the running mean of predictions moves, per batch

Division = Literal["mixture", "posterior", "none"]
"""What becomes of a label: weighed by the mixture of losses, joined with the teacher by Bayes' rule, or taken as is."""


class SemiSupervised(ClassifierModule):
    """One network and the average of its weights, the teacher, in the kind of DivideMix and FixMatch.

    Every batch has B labelled images and U without labels.  The network sees strong views of them, the teacher weak
    ones.  The loss is the mean over all B + U of the cross-entropy with these targets, in nats:

    - *Labelled.*  ``mixture`` (Li et al. 2020, §3.1-3.2): ``w * label + (1 - w) * teacher``, with w the probability
      that the label is right, from two Gaussians fitted to the losses of all labels at the end of every epoch
      (:func:`~alc.losses.loss_mixture.clean_probability`).  ``posterior``: Bayes' rule on the teacher's probabilities
      and the noise rate (:func:`~alc.losses.soft_targets.label_posterior`).  ``none``: the label.
    - *Without label* (Sohn et al. 2020): the teacher's probabilities where the largest reaches ``threshold``, times
      ``unlabelled_weight``; below it the image counts nothing.

    The teacher's probabilities are sharpened (:func:`~alc.losses.soft_targets.sharpened`).  In the first ``warm_up``
    epochs labels are taken as they are and there are no others; over the next ``ramp`` epochs both rise to their full
    weight.  Where Li et al. train two networks that divide the labels for each other, here the teacher does, at a third
    of the time.  Soft targets may take the place of labels, see :meth:`learn_from`.  The teacher predicts.

    Args:
        backbone: Builds the network, given ``num_classes``.
        num_classes: C.
        optimizer: Builds the optimiser from the parameters.
        scheduler: Builds the schedule from the optimiser, or None.
        keep_features: Whether predictions carry features.
        division: What becomes of labels.
        noise_rate: Of ``posterior``: the share of wrong labels, above 0, or ``estimate``, from what the teacher says at
            the end of the warm-up (:func:`~alc.losses.noise_rate.estimated_noise_rate`).
        warm_up: Epochs, 1 or more.
        ramp: Epochs, 0 or more.
        strong: Strong views.
        labelled_views: Views of the labelled images that the network sees, ``strong`` or ``weak``.
        unlabelled_ratio: U / B; 0 for no images without labels.
        held_out: Whether samples that are not trained on count as images without labels.
        unlabelled_weight: What one counts beside a labelled one.
        threshold: 0 to 1.
        sharpening: Temperature, above 0; 1 leaves the teacher's probabilities as they are.
        alignment: Whether the teacher's probabilities are divided by their running mean and multiplied by the frequency
            of the classes among the labels (Berthelot et al. 2020, §3.1).
        label_smoothing: Share of labels spread evenly over all classes, in [0, 1).
        mixup: Alpha of mixup among all B + U images, see :class:`~alc.methods.mixup.Mixup`; 0 for none.
        teacher_decay: See :class:`~alc.methods.teacher.Teacher`.
        predicted: Views whose mean log-probabilities are the prediction.
    """

    losses: Tensor
    clean: Tensor
    marginal: Tensor
    rate: Tensor
    given: Tensor

    def __init__(
        self,
        backbone: BackboneFactory,
        num_classes: int,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        keep_features: bool = False,
        *,
        strong: Augmentation,
        division: Division = "mixture",
        noise_rate: float | Literal["estimate"] = "estimate",
        warm_up: int = 3,
        ramp: int = 2,
        labelled_views: Literal["strong", "weak"] = "strong",
        unlabelled_ratio: float = 3.0,
        held_out: bool = True,
        unlabelled_weight: float = 1.0,
        threshold: float = 0.0,
        sharpening: float = 1.0,
        alignment: bool = False,
        label_smoothing: float = 0.0,
        mixup: float = 0.0,
        teacher_decay: float = 0.99,
        predicted: PredictedViews | None = None,
    ) -> None:
        super().__init__(backbone, num_classes, optimizer, scheduler, keep_features)
        _check_words(division=(division, get_args(Division)), labelled_views=(labelled_views, ("strong", "weak")))
        _check_shares(threshold=threshold, label_smoothing=label_smoothing)
        if noise_rate != "estimate" and (isinstance(noise_rate, str | bool) or not 0 < noise_rate < 1):
            raise InputError(f"method.noise_rate is {noise_rate!r}", allowed="estimate, or a number between 0 and 1")
        if isinstance(warm_up, bool) or not isinstance(warm_up, int) or warm_up < 1:
            raise InputError(f"method.warm_up is {warm_up!r}", allowed="1 epoch or more, whose losses are divided")
        if not ramp >= 0 or not sharpening > 0 or not 0 <= unlabelled_weight < float("inf"):
            raise InputError(
                f"method: ramp is {ramp}, sharpening {sharpening}, unlabelled_weight {unlabelled_weight}",
                allowed="0 or more epochs, a temperature above 0, a weight of 0 or more",
            )
        self.unlabelled = UnlabelledViews(strong, unlabelled_ratio, held_out, labelled_views == "strong", warm_up)
        self.labelled_views = labelled_views
        self.division, self.noise_rate, self.warm_up, self.ramp = division, noise_rate, warm_up, ramp
        self.unlabelled_weight, self.threshold, self.sharpening = unlabelled_weight, threshold, sharpening
        self.alignment, self.label_smoothing, self.mixup = alignment, label_smoothing, Mixup(mixup)
        self.predicted = predicted or PredictedViews()
        self.teacher = Teacher(self.backbones[0], teacher_decay)
        self.register_buffer("rate", torch.tensor(noise_rate if isinstance(noise_rate, float) else 0.5))
        self.register_buffer("marginal", torch.full((num_classes,), 1 / num_classes))
        for name in ("losses", "clean"):
            self.register_buffer(name, torch.zeros(0))
        self.register_buffer("given", torch.zeros(0, num_classes), persistent=False)  # given anew at every start
        self._frequency = torch.full((num_classes,), 1 / num_classes)
        self._said: Tensor | None = None
        self._ddp_params_and_buffers_to_ignore = ["losses", "clean", "given"]

    @property
    def predictors(self) -> list[Backbone]:
        """The teacher."""
        return [self.teacher.network]

    def prepare(self, labels: Tensor, train_rows: Tensor) -> None:
        """Keep the labels of the rows that are trained on, and no other; the teacher begins as the network is."""
        self.given = torch.zeros(len(labels), self.num_classes)
        self.given[train_rows, labels[train_rows]] = 1.0
        self.losses, self.clean = torch.full((len(labels),), torch.nan), torch.ones(len(labels))
        self._frequency = self.given[train_rows].mean(dim=0)
        self.teacher.begin(self.backbones[0])

    def learn_from(self, targets: Tensor, train_rows: Tensor) -> None:
        """Put distributions (N, C) in the place of the labels; the labels of other rows stay unknown."""
        self.given[train_rows] = targets[train_rows].to(self.given.dtype)
        self._frequency = self.given[train_rows].mean(dim=0)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy of logits (1, B, C) with the labels as they are."""
        return weighted_soft_cross_entropy(logits[0], smoothed(self.given[batch["index"]], self.label_smoothing))

    def on_train_epoch_start(self) -> None:
        """Seed what mixup draws; look up the noise rate once."""
        super().on_train_epoch_start()
        self._chance = stream(torch.initial_seed(), "mixup")  # which the epoch has seeded
        self._rate_now = float(self.rate)
        self._seen = torch.zeros(len(self.losses), dtype=torch.bool, device=self.device)
        listens = self.current_epoch == self.warm_up - 1 and self.noise_rate == "estimate"
        shape = (len(self.losses), self.num_classes)
        self._said = torch.full(shape, torch.nan, device=self.device) if listens else None
        self._frequency = self._frequency.to(self.device)

    def training_step(self, batch: Batch, batch_idx: int) -> StepOutput:
        """One step; what it returns beside the loss is of the labelled images."""
        index, weak, strong = batch["index"], batch["image"], batch.get("strong")
        size, strength = len(index), self._strength()
        targets = smoothed(self.given[index], self.label_smoothing)
        if strong is None:
            seen = weak
        else:
            seen = strong if self.labelled_views == "strong" else torch.cat([weak[:size], strong])
        asks = self.division != "none" or len(weak) > size
        said = self.teacher.log_probs(weak) if asks and self.current_epoch >= self.warm_up - 1 else None
        if said is not None:
            self._listen(said[:size], index)
        if said is not None and strength > 0:
            targets = targets.lerp(self._refined(said[:size], index), strength)
            if len(weak) > size:
                targets = torch.cat([targets, self._guessed(said[size:]) * strength])
        seen, targets = self.mixup(seen, targets, self._chance)
        logits: Tensor = self.networks[0](seen)
        loss = self.watched(weighted_soft_cross_entropy(logits, targets))
        told = (logits.detach()[:size] if said is None else said[:size])[None]
        accuracy = (told[0].argmax(dim=1) == batch["label"]).float().mean()
        logged = {"train/loss": loss.detach(), "train/accuracy_noisy": accuracy}
        self.log_dict(logged, on_step=False, on_epoch=True, prog_bar=True, batch_size=size, sync_dist=True)
        return {"loss": loss, "index": index, "logits": told, "label": batch["label"]}

    def on_train_batch_end(self, outputs: object, batch: Batch, batch_idx: int) -> None:
        """The teacher follows."""
        self.teacher.follow(self.backbones[0], self.global_step)

    def on_train_epoch_end(self) -> None:
        """Divide the labels, and estimate the noise rate at the end of the warm-up; both are part of the state."""
        super().on_train_epoch_end()
        if self.current_epoch < self.warm_up - 1:
            return
        self.losses.copy_(joined_rows(self.losses[:, None], self._seen)[:, 0])
        rows = self.losses.isfinite().nonzero().squeeze(1)
        if self.division == "mixture":
            self.clean[rows] = clean_probability(self.losses[rows].cpu()).to(self.device)
            self.log("train/clean_share", self.clean[rows].mean(), on_step=False, on_epoch=True)
        if self._said is not None:
            said = joined_rows(self._said, self._seen).cpu()
            heard = ~said.isnan().any(dim=1)
            rate = estimated_noise_rate(said[heard], self.given.argmax(dim=1).cpu()[heard])
            self.rate.fill_(min(max(rate, SMALLEST_RATE), 1 - 1 / self.num_classes))
            self._said = None

    def predict_step(self, batch: Batch, batch_idx: int) -> Prediction:
        """Mean log-probabilities (1, B, C) of the views, and mean features where they are kept."""
        network = self.predictors[0]
        features = [network.features(view) for view in self.predicted(batch["image"])]
        said = torch.stack([network.classify(each).log_softmax(dim=1) for each in features]).mean(dim=0)
        kept = torch.stack([each.float() for each in features]).mean(dim=0) if self.keep_features else None
        return {"index": batch["index"], "logits": said[None], "features": kept}

    def _strength(self) -> float:
        """How far the teacher counts in this epoch, from 0 in the warm-up to 1 after the ramp."""
        return min(max(self.current_epoch - self.warm_up + 1, 0) / (self.ramp + 1), 1.0)

    def _listen(self, said: Tensor, index: Tensor) -> None:
        """File what the teacher says about labelled images (B, C): divergences from their targets, in nats."""
        given = self.given[index]
        self.losses[index] = (given * (given.clamp(min=1e-12).log() - said)).sum(dim=1)
        self._seen[index] = True
        if self._said is not None:
            self._said[index] = said.exp()

    def _refined(self, said: Tensor, index: Tensor) -> Tensor:
        """Targets (B, C) of labelled images."""
        given = self.given[index]
        if self.division == "posterior":
            return smoothed(label_posterior(said / self.sharpening, given, self._rate_now), self.label_smoothing)
        given = smoothed(given, self.label_smoothing)
        if self.division == "none":
            return given
        return sharpened(said, self.sharpening).lerp(given, self.clean[index, None])

    def _guessed(self, said: Tensor) -> Tensor:
        """Targets (U, C) of images without labels, times what each counts."""
        if self.alignment:
            self.marginal.lerp_(said.exp().mean(dim=0), MARGINAL_RATE)
            said = (said - self.marginal.log() + self._frequency.clamp(min=1e-6).log()).log_softmax(dim=1)
        counts = (said.amax(dim=1, keepdim=True).exp() >= self.threshold).float() * self.unlabelled_weight
        return sharpened(said, self.sharpening) * counts


def _check_words(**chosen: tuple[object, tuple[str, ...]]) -> None:
    for name, (value, words) in chosen.items():
        if value not in words:
            raise InputError(f"method.{name} is {value!r}", allowed=", ".join(words))


def _check_shares(**shares: float) -> None:
    for name, value in shares.items():
        if isinstance(value, bool) or not 0 <= value <= 1:
            raise InputError(f"method.{name} is {value!r}", allowed="a number from 0 to 1")
