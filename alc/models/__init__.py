"""Networks with one interface: features (B, D) and logits (B, C)."""
