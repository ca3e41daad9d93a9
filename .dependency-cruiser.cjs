// The floors of the house: imports go down only, and rooms on one floor never import each other.
// A room is any folder of src/ that is no floor of its own, so that a new one is under the rules from its first file.
const rooms = '(?!core/|system/|flows/)([^/]+)';
const effects = 'child_process|cluster|dgram|dns|dns/promises|fs|fs/promises|http|http2|https|net|tls|worker_threads';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-is-pure',
      comment: 'Words and rules can be tested and judged again only while they touch nothing.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^src/core/' },
    },
    {
      name: 'system-knows-only-core',
      comment: 'The edge to the world serves every room, so it may depend on none.',
      severity: 'error',
      from: { path: '^src/system/' },
      to: { path: '^(src/(?!core/|system/)|scripts|load|smoke|postman|sandbox|tests)' },
    },
    {
      name: 'rooms-do-not-meet',
      comment: 'Only a flow sees two neighbours; a room that imports another cannot be exchanged.',
      severity: 'error',
      from: { path: `^src/${rooms}/` },
      to: { path: `^src/${rooms}/`, pathNot: '^src/$1/' },
    },
    {
      name: 'rooms-do-not-climb',
      comment: 'A room that knows the story it is part of can be used in one story only.',
      severity: 'error',
      from: { path: `^src/${rooms}/` },
      to: { path: '^(src/flows|scripts)/' },
    },
    {
      name: 'report-is-pure',
      comment: 'A report rendered a year later must come out the same: no clock, no file, no network.',
      severity: 'error',
      from: { path: '^src/report/' },
      to: {
        pathNot: '^src/(core|report)/|node_modules/(preact|preact-render-to-string|echarts)/|^(node:)?(path|url|util)$',
      },
    },
    {
      name: 'flows-do-not-climb',
      comment: 'Flags and exit codes belong to the doors.',
      severity: 'error',
      from: { path: '^src/flows/' },
      to: { path: '^scripts/' },
    },
    {
      name: 'the-world-is-behind-system',
      comment: 'One place starts processes, opens files and sockets; everything else is told what came of it.',
      severity: 'error',
      // A tool that is a library runs in a child process of its own, and that process has to say what it saw.
      from: { path: '^src/', pathNot: '^src/(system|runners/[^/]+-child)/' },
      to: { path: `^(node:)?(${effects})$|node_modules/zx/` },
    },
    {
      name: 'annexes-stand-alone',
      comment:
        'load, smoke, postman and sandbox are joined by files and environment variables; only words may be shared.',
      severity: 'error',
      from: { path: '^(load|smoke|postman|sandbox)/' },
      to: { path: '^(src|scripts)/', pathNot: '^src/core/' },
    },
    {
      name: 'annexes-share-types-only',
      comment: 'k6 cannot load our modules, and a target that runs the suite’s code would verify itself.',
      severity: 'error',
      from: { path: '^(load|smoke|postman|sandbox)/' },
      to: { path: '^src/core/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'annexes-do-not-meet',
      comment: 'The sandbox knows nothing of the suite, and no tool needs another.',
      severity: 'error',
      from: { path: '^(load|smoke|postman|sandbox)/' },
      to: { path: '^(load|smoke|postman|sandbox)/', pathNot: '^$1/' },
    },
    {
      name: 'nobody-imports-an-annex',
      comment: 'The suite starts its tools as processes and knows a target by its file alone.',
      severity: 'error',
      from: { path: '^(src|scripts)/' },
      to: { path: '^(load|smoke|postman|sandbox)/' },
    },
    {
      name: 'nobody-imports-a-door',
      comment: 'A door sets the exit code; two doors that share more than the frame are a flow.',
      severity: 'error',
      from: { pathNot: '^(scripts|tests)/' },
      to: { path: '^scripts/' },
    },
    {
      name: 'nobody-imports-tests',
      comment: 'What only a test needs must not ship.',
      severity: 'error',
      from: { pathNot: '^tests/' },
      to: { path: '^tests/' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle is one module in two files.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A module that nobody asks and that asks nobody is left over.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'resolves',
      comment: 'An import that nobody can follow hides what is behind it.',
      severity: 'error',
      from: { path: '^(src|scripts|sandbox|smoke|tests)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    moduleSystems: ['es6', 'cjs'],
  },
};
