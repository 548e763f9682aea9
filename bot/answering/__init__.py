"""Message → Reply: what is wanted, the search behind it, and the decision."""
