"""Command lines; nothing here imports torch, pandas or matplotlib before a task starts."""
