"""The page that shows a ranking: one HTML file that needs nothing else, images included."""
