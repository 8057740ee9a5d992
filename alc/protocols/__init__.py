"""How posteriors are obtained: one fit, one per fold or per seed, or several passes of one."""
