// Writes the documents that are derived from code: docs/settings.md and .env.example. Run `npm run build` first.
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const { envExample, settingsDocument } = require(join(root, 'dist/runtime/settings-docs.js'));

writeFileSync(join(root, 'docs/settings.md'), settingsDocument());
writeFileSync(join(root, '.env.example'), envExample());
