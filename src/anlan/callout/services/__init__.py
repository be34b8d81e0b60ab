"""What call-out does: `services.calls`, `.answers`, `.obligations`, `.receipts`, `.policies`, `.channels`."""

from anlan.callout.services import answers, calls, channels, obligations, policies, receipts, reviews, tallies

__all__ = ["answers", "calls", "channels", "obligations", "policies", "receipts", "reviews", "tallies"]
