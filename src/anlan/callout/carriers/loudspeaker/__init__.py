"""The loudspeakers of the emergency broadcast."""
