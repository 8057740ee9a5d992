"""Metrics of label quality, of rankings and of calibration."""
