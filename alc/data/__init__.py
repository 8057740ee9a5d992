"""From images and labels to batches on the training device."""
