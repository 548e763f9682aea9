"""What subscribed chats get unasked: subscriptions, content, schedule."""
