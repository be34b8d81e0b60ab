"""Pages of people: persons, posts, rosters, accounts, roles."""
