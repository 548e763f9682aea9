"""How irbot gets onto a machine: bundles, their installer, the systemd unit."""
