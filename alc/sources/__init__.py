"""Data sources: where images, labels and label distributions come from, one file per source.

A source is a small dataclass that configuration fills in; ``load(split_seed)`` gives an
:class:`~alc.sources.dataset.ImageDataset` and ``digests()`` says which bytes it was read from.  Nothing here imports
torch, and every reader checks what it reads once, at the border.
"""
