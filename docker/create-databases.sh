#!/bin/sh
# Run once by the Postgres image, when its data folder is empty: a role and a database for each of the two users of
# the server. Neither can read what is the other's.
set -e

psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --quiet \
  --set ON_ERROR_STOP=1 \
  --set dispatch_password="$DISPATCH_DB_PASSWORD" \
  --set temporal_password="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role dispatch login password :'dispatch_password';
create database dispatch owner dispatch;
revoke all on database dispatch from public;

create role temporal login password :'temporal_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke all on database temporal, temporal_visibility from public;
SQL
