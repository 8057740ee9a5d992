"""Lightning callbacks that record, seed and save; they know batches and posteriors, and no method."""
