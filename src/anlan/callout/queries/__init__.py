"""What call-out tells: boards, lists, the inbox."""
