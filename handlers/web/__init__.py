"""The local web server: ask page, `/healthz`, callbacks."""
