"""WeCom's self-built apps: members write to the app in private, at `/wecom/callback`."""
