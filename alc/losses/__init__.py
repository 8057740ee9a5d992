"""Losses and sample selections as pure functions of tensors; what has state lives in the methods."""
