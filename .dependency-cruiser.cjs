// The layers of the architecture: imports go down only, and modules of one layer never import each other.
// A module is any folder of src/ that is not a layer of its own, so the rules cover a new one from its first file.
const modules = '(?!core/|system/|flows/)([^/]+)';
// Programs beside the suite; it starts them as processes.
const programs = '(load|smoke|postman|sandbox)';
const effects = 'child_process|cluster|dgram|dns|dns/promises|fs|fs/promises|http|http2|https|net|tls|worker_threads';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-is-pure',
      comment: 'Judgements can be repeated and tested only while core has no effects and no dependencies.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^src/core/' },
    },
    {
      name: 'system-imports-only-core',
      comment: 'Every module uses system, so system depends on none of them.',
      severity: 'error',
      from: { path: '^src/system/' },
      to: { path: '^(src/(?!core/|system/)|scripts|load|smoke|postman|sandbox|tests)' },
    },
    {
      name: 'no-imports-between-modules',
      comment: 'Workflows combine modules; a module that imports another cannot be replaced on its own.',
      severity: 'error',
      from: { path: `^src/${modules}/` },
      to: { path: `^src/${modules}/`, pathNot: '^src/$1/' },
    },
    {
      name: 'modules-do-not-import-upwards',
      comment: 'A module that depends on a workflow can be used in that workflow only.',
      severity: 'error',
      from: { path: `^src/${modules}/` },
      to: { path: '^(src/flows|scripts)/' },
    },
    {
      name: 'report-is-pure',
      comment: 'The same run must render the same report a year later: no clock, no file, no network.',
      severity: 'error',
      from: { path: '^src/report/' },
      to: {
        pathNot: '^src/(core|report)/|node_modules/(preact|preact-render-to-string|echarts)/|^(node:)?(path|url|util)$',
      },
    },
    {
      name: 'workflows-do-not-import-the-cli',
      comment: 'Flags and exit codes belong to the CLI.',
      severity: 'error',
      from: { path: '^src/flows/' },
      to: { path: '^scripts/' },
    },
    {
      name: 'effects-only-in-system',
      comment: 'Only system starts processes and opens files and sockets; everything else receives results.',
      severity: 'error',
      // A tool that is a library runs in a child process of ours, which writes its own report.
      from: { path: '^src/', pathNot: '^src/(system|runners/[^/]+-child)/' },
      to: { path: `^(node:)?(${effects})$|node_modules/(zx|execa)/` },
    },
    {
      name: 'programs-import-only-core',
      comment:
        'load, smoke, postman and sandbox exchange files and environment variables with the suite; only types are shared.',
      severity: 'error',
      from: { path: `^${programs}/` },
      to: { path: '^(src|scripts)/', pathNot: '^src/core/' },
    },
    {
      name: 'programs-import-types-only',
      comment: 'k6 cannot load our modules, and a target that runs the code of the suite would verify itself.',
      severity: 'error',
      from: { path: `^${programs}/` },
      to: { path: '^src/core/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-imports-between-programs',
      comment: 'The sandbox is independent of the tools, and the tools of each other.',
      severity: 'error',
      from: { path: `^${programs}/` },
      to: { path: `^${programs}/`, pathNot: '^$1/' },
    },
    {
      name: 'suite-does-not-import-programs',
      comment: 'The suite starts its tools as processes and knows a target only by its target file.',
      severity: 'error',
      from: { path: '^(src|scripts)/' },
      to: { path: `^${programs}/` },
    },
    {
      name: 'only-the-cli-imports-the-cli',
      comment: 'A command sets the exit code; what two commands share beyond their frame is a workflow.',
      severity: 'error',
      from: { pathNot: '^(scripts|tests)/' },
      to: { path: '^scripts/' },
    },
    {
      name: 'only-tests-import-tests',
      comment: 'Code for tests must not ship.',
      severity: 'error',
      from: { pathNot: '^tests/' },
      to: { path: '^tests/' },
    },
    {
      name: 'no-cycles',
      comment: 'Modules in a cycle cannot be understood or tested separately.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A module without imports and without importers is dead code.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'no-unresolved-imports',
      comment: 'The rules cannot be applied to an import that does not resolve.',
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
