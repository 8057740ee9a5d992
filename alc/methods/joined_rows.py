"""One table of samples from what several processes have written into theirs."""

import torch
from torch import Tensor

__all__ = ["joined_rows"]


def joined_rows(table: Tensor, seen: Tensor) -> Tensor:
    """The table (N, C) in which every row is as the process that trained on it has left it; the others stay.

    Args:
        table: (N, C), the same in all processes but for the rows each has seen.
        seen: (N,) whether this process has seen the row; each row is seen by at most one.
    """
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return table
    mine = torch.where(seen[:, None], table, torch.zeros_like(table))
    both = torch.cat([mine, seen[:, None].to(table.dtype)], dim=1)
    torch.distributed.all_reduce(both)
    return torch.where(both[:, -1:] > 0, both[:, :-1], table)
