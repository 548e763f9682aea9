"""What a person asked → stored questions, best first, with a confidence."""
