"""Consensus: one belief per sample from all that was said about it, and from a model where one is asked for."""
