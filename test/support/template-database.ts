/** The migrated database that every test database is a copy of: made once per run, dropped at its end. */
import { Client } from 'pg';
import { migrateUp } from '../../migrations/migrate';
import { onTeardown } from './teardown-list';

/** Makes it on the given server and returns its name. */
export async function createTemplateDatabase(serverUrl: string): Promise<string> {
  const name = `template_${process.pid}_${Date.now().toString(36)}`;
  await onServer(serverUrl, (client) => client.query(`create database ${name}`));
  onTeardown(() => dropDatabase(serverUrl, name));
  await migrateUp(databaseUrl(serverUrl, name));
  return name;
}

export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await onServer(serverUrl, (client) =>
    client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`),
  );
}

export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs `work` on a connection of its own. */
export async function onServer<T>(
  serverUrl: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
