"""WeCom group webhooks: digests only."""
