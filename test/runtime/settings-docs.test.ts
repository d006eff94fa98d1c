import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '../../runtime/settings';
import { envExample, settingsDocument } from '../../runtime/settings-docs';

const ROOT = join(__dirname, '../..');

describe('the documents of the settings', () => {
  it.each([
    ['docs/settings.md', settingsDocument],
    ['.env.example', envExample],
  ])('%s is fresh; else run: npm run build && node scripts/generate-docs.cjs', (file, generate) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toBe(generate());
  });

  it.each(Object.values(SETTINGS).map(({ name }) => name))('name %s', (name) => {
    expect(settingsDocument()).toContain(`\`${name}\``);
    expect(envExample()).toMatch(new RegExp(`^#?${name}=`, 'm'));
  });

  it('leave without a # exactly what has no default', () => {
    const open = envExample().match(/^[A-Z_]+(?==)/gm);

    expect(open).toEqual(['DATABASE_URL', 'SECRETS_KEYS']);
  });
});
