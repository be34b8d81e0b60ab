"""MQTT, of a broker that gateways publish to."""
