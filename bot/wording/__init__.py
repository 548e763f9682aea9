"""Reply → what is shown: the sentences, dates and order of every chat."""
