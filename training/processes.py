"""The processes that train together, as torchrun starts them."""

import torch
from accelerate import PartialState


def processes() -> PartialState:
    """What accelerate knows of them. Without a GPU it has to be told of the CPU, or each believes to be alone."""
    return PartialState(cpu=not torch.cuda.is_available())
