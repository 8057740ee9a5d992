"""Simulated relabelling: samples in rank order, annotators, a budget, and what came of it."""
