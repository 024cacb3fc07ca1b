'use strict';
const path = require('node:path');
const { createRequire } = require('node:module');

/** Loads a package from where the script installed it, outside of the source tree. */
module.exports = createRequire(path.join(process.env.CLIENTS_MODULES, 'package.json'));
