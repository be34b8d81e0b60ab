"""Tables as stations and portals export them."""
