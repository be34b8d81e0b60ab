"""What is done with warnings: taken in, stored, linked to calls, drafted, sent, ended."""
