"""Documents into the store: importing, verifying, vectors, what `doctor` finds of them."""
