"""Two gloo processes give the posteriors of one, and records and running means of every sample."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

SCRIPT = """
import logging, sys
from functools import partial
from pathlib import Path
import numpy as np, torch
from pytorch_lightning.callbacks import EMAWeightAveraging
logging.basicConfig(level=logging.INFO)
torch.set_num_threads(1)
from alc.callbacks.posterior_writer import PosteriorWriter
from alc.data.augmentation import Augmentation
from alc.data.datamodule import LabelledImages
from alc.data.normalisation import Normalisation
from alc.data.resident import ResidentImages
from alc.methods.co_teaching import CoTeaching
from alc.methods.cross_entropy import CrossEntropy
from alc.methods.elr import EarlyLearning
from alc.methods.semi_supervised import SemiSupervised
from alc.models.small_resnet import SmallResNet
from alc.posteriors import Posteriors
from alc.protocols.cross_fit import CrossFit
from alc.protocols.fit import Fit
from alc.protocols.trainer import make_trainer
from alc.sources.images import ArrayImages

out = Path(sys.argv[1])
rng = np.random.default_rng(0)
images, labels = ArrayImages(rng.integers(0, 256, (23, 8, 8), dtype=np.uint8)), rng.integers(0, 3, 23)
rows = np.arange(23)

def build():
    backbone = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))
    return CrossEntropy(backbone, 3, partial(torch.optim.SGD, lr=0.1))

def predict(name, **trainer):
    torch.manual_seed(0)
    data = LabelledImages(
        ResidentImages(images), labels, rows, rows, normalisation=Normalisation((0.5,) * 3, (0.5,) * 3),
        augmentation=Augmentation(), batch_size=8, predict_batch_size=5, seed=0,
    )
    writer = PosteriorWriter(out / name, rows, "in_sample")
    make_trainer(max_epochs=1, callbacks=[writer], logger=False, accelerator="cpu", **trainer).predict(
        build(), datamodule=data, return_predictions=False
    )

two = {"devices": 2, "strategy": "ddp"}
predict("two.npz", **two)
trainer = partial(make_trainer, max_epochs=2, accelerator="cpu", enable_model_summary=False, **two)
fit = Fit(images, build, trainer, Augmentation(1), "data", 8, 5, True, checkpoint_seconds=0.0)
result = fit(labels, rows[:20], rows[15:], seed=0, directory=out / "fit")
SMALL, SGD = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,)), partial(torch.optim.SGD, lr=0.1)
for name, make in {
    "elr": lambda: EarlyLearning(SMALL, 3, SGD, keep_features=True),
    "co_teaching": lambda: CoTeaching(SMALL, 3, SGD, warm_up=1, gradual=1),
    "semi": lambda: SemiSupervised(SMALL, 3, SGD, strong=Augmentation(1), warm_up=1, unlabelled_ratio=1.0, mixup=1.0),
}.items():
    fit = Fit(
        images, make, trainer, Augmentation(1), "data", 8, 5, True, checkpoint_seconds=0.0, unlabelled_images=images
    )
    features = fit(labels, rows[:20], rows[15:], seed=0, directory=out / name).features
    assert (features is not None and features.shape == (8, 8)) == (name == "elr")
fits = {
    name: Fit(
        images, build, trainer, Augmentation(1), "data", 8, 5, True, checkpoint_seconds=0.0, extra_callbacks=extra
    )
    for name, extra in {"plain": lambda: [], "averaged": lambda: [EMAWeightAveraging(decay=0.5)]}.items()
}
found = {
    name: fit(labels, rows[:20], rows[15:], seed=0, directory=out / name).probs for name, fit in fits.items()
}
CrossFit(2).obtain(fits["plain"], labels, sample_id=rows, group=None, seed=0, directory=out / "folds")
if torch.distributed.get_rank() == 0:
    np.savez(out / "trained.npz", probs=result.probs, loss=result.dynamics.loss)
    torch.distributed.destroy_process_group()
    predict("one.npz", devices=1)
    alone = partial(make_trainer, max_epochs=1, accelerator="cpu", limit_train_batches=0)
    for name, probs in found.items():
        def kept():
            module = build()
            module.load_state_dict(torch.load(out / name / "last.ckpt", weights_only=True)["state_dict"])
            return module
        fit = Fit(images, kept, alone, Augmentation(1), "data", 8, 5, True)
        again = fit(labels, rows[:20], rows[15:], seed=0, directory=out / f"{name} again")
        np.testing.assert_allclose(again.probs, probs, atol=1e-6)
"""


def test_two_processes_equal_one(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {name: value for name, value in os.environ.items() if name not in {"LOCAL_RANK", "WORLD_SIZE"}}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    said = done.stderr.decode()
    assert said.count("Fold 1 of 2") == said.count("Fold 2 of 2") == 1  # by the first process
    assert said.count("Each of the 2 processes normalises") == 1  # whatever the number of trainings
    one, two = np.load(tmp_path / "one.npz"), np.load(tmp_path / "two.npz")
    assert one["sample_id"].tolist() == two["sample_id"].tolist() == list(range(23))
    np.testing.assert_allclose(two["probs"], one["probs"], atol=1e-6)
    trained = np.load(tmp_path / "trained.npz")
    assert trained["probs"].shape == (1, 8, 3)
    assert trained["loss"].shape == (2, 20)
    assert np.isfinite(trained["loss"]).all()  # each process trained half, the records hold all
    states = {
        name: torch.load(tmp_path / name / "last.ckpt", weights_only=True)["state_dict"]
        for name in ("elr", "co_teaching", "semi")
    }
    visits = states["elr"]["targets"].sum(dim=1)  # 1 - beta^visits, whichever process was visited
    torch.testing.assert_close(visits, torch.where(torch.arange(46) < 20, 1 - 0.9**2, 0.0))
    assert 0 < float(states["co_teaching"]["estimated_rate"]) <= 2 / 3
    assert states["semi"]["losses"].isfinite().tolist() == [True] * 20 + [False] * 26  # whoever has seen a sample
    assert 0 < float(states["semi"]["rate"]) < 1
