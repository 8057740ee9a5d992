"""Tracking: runs shown by Weights & Biases, which may fail at any point without harm to the run it shows."""
