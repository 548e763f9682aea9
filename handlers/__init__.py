"""What the bot is reached by: the command line, chats, the local page."""
