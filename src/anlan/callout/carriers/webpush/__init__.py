"""Web Push: a notification on a phone or computer whose browser was allowed to ring."""
