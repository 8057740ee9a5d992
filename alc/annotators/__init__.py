"""Simulated annotators: who answers, and with which class."""
