"""The page on which one person after the other relabels a queue of images, and the small server behind it."""
