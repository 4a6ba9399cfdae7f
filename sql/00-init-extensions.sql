-- Role, database and extension of Bugsink Lite. For psql; can be run again: what is there stays, the
-- password is set anew.
--
--     psql -X -v bugsink_password='...' -f sql/00-init-extensions.sql
--     BUGSINK_PASSWORD='...' psql -X -f sql/00-init-extensions.sql
--
-- or as a file in /docker-entrypoint-initdb.d of PostgreSQL's container image, with BUGSINK_PASSWORD in its environment.
-- The role owns its database and nothing else. `-v bugsink_role=... -v bugsink_database=...` choose other names.

\set ON_ERROR_STOP on
\set QUIET on
\if :{?bugsink_role}
\else
  \set bugsink_role bugsink
\endif
\if :{?bugsink_database}
\else
  \set bugsink_database bugsink
\endif
\if :{?bugsink_password}
\else
  \set bugsink_password `printf '%s' "$BUGSINK_PASSWORD"`
\endif

-- A superuser, or the administrator of a managed server, who may make roles and databases and no more.
SELECT rolsuper AS is_superuser, NOT rolsuper AS joins FROM pg_catalog.pg_roles WHERE rolname = current_user \gset

-- The password must not stand in the server's log, nor be kept as anything but a SCRAM verifier.
\if :is_superuser
  SET log_statement = 'none';
  SET log_min_duration_statement = -1;
  SET log_min_error_statement = 'panic';
\endif
SET password_encryption = 'scram-sha-256';

SELECT :'bugsink_password' <> '' AS has_password \gset
\if :has_password
\else
  \warn 'A password is needed: -v bugsink_password=... or BUGSINK_PASSWORD in the environment.'
  DO $$ BEGIN RAISE EXCEPTION 'no password for the role'; END $$;
\endif

SELECT format('CREATE ROLE %I LOGIN', :'bugsink_role')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = :'bugsink_role')
\gexec
ALTER ROLE :"bugsink_role" LOGIN NOCREATEDB NOCREATEROLE PASSWORD :'bugsink_password';
\if :is_superuser
  ALTER ROLE :"bugsink_role" NOSUPERUSER NOREPLICATION NOBYPASSRLS;
\endif

-- A database is given to another role only by a member of it: for the moment.
\if :joins
  GRANT :"bugsink_role" TO CURRENT_USER;
\endif
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8''', :'bugsink_database', :'bugsink_role')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = :'bugsink_database')
\gexec
REVOKE ALL ON DATABASE :"bugsink_database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"bugsink_database" TO :"bugsink_role";

\connect :"bugsink_database"
-- Before PostgreSQL 15 everybody may make tables here.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO :"bugsink_role";
-- Not required: searches for a part of a word are quicker with it.
SELECT 'CREATE EXTENSION IF NOT EXISTS pg_trgm'
WHERE EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'pg_trgm')
\gexec
\if :joins
  REVOKE :"bugsink_role" FROM CURRENT_USER;
\endif
