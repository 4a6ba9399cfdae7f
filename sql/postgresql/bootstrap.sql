-- The role and the database of the product. Can be run again: what is there stays, the password is set anew.
--
--     psql -v ON_ERROR_STOP=1 -v password='...' -f bootstrap.sql
--
-- As a superuser. The role owns its database and nothing else; no extension is needed.

SELECT 'CREATE ROLE bugsink LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bugsink')
\gexec
ALTER ROLE bugsink PASSWORD :'password';
SELECT 'CREATE DATABASE bugsink OWNER bugsink' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'bugsink')
\gexec
REVOKE ALL ON DATABASE bugsink FROM PUBLIC;
