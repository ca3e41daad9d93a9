// A store of flags with a command line: `read FILE`, `set FILE NAME` with the value in FLAG_VALUE, `remove FILE NAME`.
const { readFileSync, writeFileSync } = require('node:fs');

const [verb, file, name] = process.argv.slice(2);
const flags = JSON.parse(readFileSync(file, 'utf8'));
if (verb === 'read') process.stdout.write(JSON.stringify(flags));
else if (verb === 'set') flags[name] = JSON.parse(process.env.FLAG_VALUE);
else if (verb === 'remove') delete flags[name];
else process.exitCode = 2;
if (verb !== 'read') writeFileSync(file, JSON.stringify(flags));
