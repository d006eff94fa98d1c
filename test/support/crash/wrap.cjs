/** Replaces an exported function of a compiled module: its callers look it up at each call. */
const { join } = require('node:path');

const DIST = join(__dirname, '../../../dist');

function load(module) {
  return require(join(DIST, module));
}

/** `replace(original)` gives the new function. */
function wrap(module, name, replace) {
  const exported = load(module);
  const original = exported[name];
  if (typeof original !== 'function') {
    throw new Error(`${module} exports no function ${name}`);
  }
  exported[name] = replace(original);
}

module.exports = { DIST, load, wrap };
