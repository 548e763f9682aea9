"""Words in WeCom, for every way in: what people type there, and what plain text messages hold."""
