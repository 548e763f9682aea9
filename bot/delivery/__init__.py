"""Inbox and outbox, shared by every chat: nothing lost, nothing twice."""
