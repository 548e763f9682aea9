"""The core: answers with stored official words. No chat platform, no socket."""
