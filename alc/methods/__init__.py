"""Ways of learning from noisy labels, one Lightning module each."""
