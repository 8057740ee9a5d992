"""Selection: the order in which samples are sent to annotators."""
