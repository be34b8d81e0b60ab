#!/bin/sh
# Runs once, when the database container makes its data: the two roles of docs/deploy.md and their database.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v owner="$ANLAN_OWNER_PASSWORD" -v app="$ANLAN_APP_PASSWORD" <<'SQL'
CREATE ROLE anlan_owner LOGIN PASSWORD :'owner';
CREATE ROLE anlan_app LOGIN PASSWORD :'app';
GRANT anlan_app TO anlan_owner;
CREATE DATABASE anlan OWNER anlan_owner ENCODING 'UTF8' TEMPLATE template0;
\c anlan
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO anlan_owner;
GRANT pg_read_all_stats TO anlan_app;
SQL
