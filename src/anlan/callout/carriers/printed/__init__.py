"""Call lists on paper."""
