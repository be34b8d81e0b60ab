"""What the application's role may do, given again after every migration: a new table's owner may be another role."""

from django.db import connection

_GRANT = """
GRANT USAGE ON SCHEMA public TO anlan_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anlan_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anlan_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO anlan_app;
REVOKE EXECUTE ON FUNCTION ledger_guard_partition(regclass) FROM anlan_app;
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_block, ledger_secret, ledger_era FROM anlan_app;
REVOKE INSERT ON ledger_era FROM anlan_app;
REVOKE DELETE, TRUNCATE ON ledger_vault_key FROM anlan_app;
DO $$
DECLARE part regclass;
BEGIN
  FOR part IN SELECT relid FROM pg_partition_tree('ledger_entry') LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM anlan_app', part);
  END LOOP;
END $$;
"""


def grant() -> None:
    """Give the application's role what it needs and take what it must not have. Run as the owner, after `migrate`."""
    with connection.cursor() as cursor:
        cursor.execute(_GRANT)
