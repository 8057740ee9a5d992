"""How posteriors are obtained: one fit, or one per fold."""
