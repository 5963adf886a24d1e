"""Which person of the tailnet an address belongs to: tailscaled on this machine is asked, or Headscale."""
