/**
 * Holds the import table of ARCHITECTURE.md. Type-only imports count too: a type is knowledge of the other module.
 * Each message says why, so that a person who meets it knows what to do.
 */

const SRC = 'server/src'
const NOUNS = ['schedules', 'approvals', 'auth', 'audit']

/** Module → what it may import of ours, beside itself. A module that is missing here is added as a row by decision. */
const MAY_IMPORT = {
  domain: [],
  store: ['domain'],
  events: ['domain', 'store'],
  queue: ['domain', 'store', 'events'],
  artifacts: ['domain', 'store'],
  backup: ['domain', 'store'],
  mcp: ['domain'],
  executor: ['domain', 'mcp'],
  models: ['domain'],
  network: ['domain'],
  secrets: ['domain', 'store'],
  budgets: ['domain', 'store', 'events'],
  worker: ['domain', 'store', 'events', 'queue', 'executor', 'models', 'network', 'artifacts', 'secrets', 'mcp', 'approvals', 'budgets'],
  ...Object.fromEntries(NOUNS.map(noun => [noun, ['domain', 'store', 'events', 'queue']])),
  metrics: ['domain', 'events'],
  traces: ['domain'],
  checks: ['domain', 'store', 'secrets'],
  router: ['domain', 'store', 'queue', 'events', 'secrets', ...NOUNS],
  http: ['router', 'auth', 'metrics'],
  config: ['domain'],
}

/** What every module may know beside its row: the version, and where the program's own files are. */
const EVERYBODY = `^${SRC}/(version|program-files)\\.ts$`

/** Config is handed down, so its type travels with it; its values are read by the composition alone. */
const KNOW_CONFIG_BY_TYPE = ['events', 'queue', 'models', 'worker', ...NOUNS, 'metrics', 'checks', 'router', 'http']

const WHY = {
  domain: 'domain is pure: it must be readable by a browser and testable with nothing started',
  store: 'store is the bottom: who calls it decides, it only keeps',
  events: 'the log, the doorbell and the followers know of rows, not of who runs or reads',
  queue: 'the queue moves runs between states; how a run is done is the worker\'s',
  mcp: 'what is said with MCP servers, whoever carries it: the executor over a pipe, the worker by HTTP',
  executor: 'the executor has no authority: what it cannot import it cannot be tricked into using. It asks over the protocol',
  artifacts: 'files by their hash and the rows that name them; who made them and who reads them is not for it to know',
  backup: 'a backup reads and writes what is stored; it must work where no server does',
  models: 'the gateway holds keys and speaks to providers; it must not reach runs, rows or the executor',
  network: 'the proxy meets what agents send and what the Internet answers; it must not reach runs, rows or keys',
  secrets: 'it seals and opens values; who may have one is decided by who asks it',
  budgets: 'it reserves and counts what calls cost; who calls, and what becomes of a run that may not, is the worker\'s',
  worker: 'the worker is driven by the queue and composed by app.ts; it knows no HTTP and no router',
  metrics: 'metrics observe; they are driven by what they observe, never the other way',
  traces: 'a trace is a fold over a log that it is handed; who ran what is not for it to know',
  checks: 'a check looks and says what it found; what is done about it is for who asked',
  router: 'a procedure parses, authorises and calls one verb; what runs things (executor, models, worker) is not for it',
  http: 'http carries requests to the router; the work is not done here',
  config: 'config is read once and handed down; it must load before anything else can',
}

module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(([module, allowed]) => ({
      name: `${module}-imports-its-row-of-the-table`,
      comment: `${module}/ may import ${allowed.length > 0 ? `${allowed.join(', ')} only` : 'nothing of ours'}: ${WHY[module] ?? 'a noun knows the store, the events and the queue'}.`,
      severity: 'error',
      from: { path: `^${SRC}/${module}/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^${SRC}/`, pathNot: `^${SRC}/(${[module, ...allowed, ...KNOW_CONFIG_BY_TYPE.includes(module) ? ['config'] : []].join('|')})/|${EVERYBODY}` },
    })),
    {
      name: 'config-is-handed-down',
      comment: 'Config is read once, by the composition, and handed down: import its type alone.',
      severity: 'error',
      from: { path: `^${SRC}/[^/]+/`, pathNot: `^${SRC}/(config|cli)/|\\.test\\.ts$` },
      to: { path: `^${SRC}/config/`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'every-module-has-a-row',
      comment: 'A folder of server/src that is not in the import table: add it as a row, by decision, here and in ARCHITECTURE.md.',
      severity: 'error',
      from: { path: `^${SRC}/[^/]+/`, pathNot: `^${SRC}/(${[...Object.keys(MAY_IMPORT), 'cli'].join('|')})/` },
      to: {},
    },
    {
      name: 'the-root-is-for-composition',
      comment: 'Only app.ts, main.ts and cli/ compose: everybody else is handed what they need.',
      severity: 'error',
      from: { path: `^${SRC}/`, pathNot: `^${SRC}/(app|main)\\.ts$|^${SRC}/cli/|\\.test\\.ts$` },
      to: { path: `^${SRC}/(app|main)\\.ts$|^${SRC}/cli/` },
    },
    {
      name: 'main-imports-app-and-config',
      comment: 'main.ts is the process entry: config, app, signals, nothing else.',
      severity: 'error',
      from: { path: `^${SRC}/main\\.ts$` },
      to: { path: `^${SRC}/`, pathNot: `^${SRC}/app\\.ts$|${EVERYBODY}|^${SRC}/config/` },
    },
    {
      name: 'executor-process-never-imports-the-workers-side',
      comment: 'host.ts belongs to the worker; the process that runs agents must not carry its code.',
      severity: 'error',
      from: { path: `^${SRC}/executor/(main\\.ts|run/|sandbox/|protocol/)`, pathNot: '\\.test\\.ts$' },
      to: { path: `^${SRC}/executor/host(\\.ts|/)`, reachable: true },
    },
    {
      name: 'executor-process-reaches-no-authority',
      comment: 'Nothing that the executor process loads may lead to the database, the keys, the web or the worker.',
      severity: 'error',
      from: { path: `^${SRC}/executor/main\\.ts$` },
      to: { path: `^${SRC}/(store|events|queue|models|network|secrets|worker|router|http|auth|config|metrics|cli)/`, reachable: true },
    },
    {
      name: 'metrics-are-known-by-app-and-http-alone',
      comment: 'Metrics observe; the core does not import them.',
      severity: 'error',
      from: { path: `^${SRC}/`, pathNot: `^${SRC}/(metrics|http|cli)/|^${SRC}/app\\.ts$|\\.test\\.ts$` },
      to: { path: `^${SRC}/metrics/` },
    },
    {
      name: 'router-follows-and-submits-no-more',
      comment: 'Of events the router knows how to follow and watch, of the queue how to submit, cancel and prune; the log is the worker\'s.',
      severity: 'error',
      from: { path: `^${SRC}/router/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^${SRC}/events/log|^${SRC}/queue/(embedded|pgboss|port)` },
    },
    {
      name: 'prisma-in-store-only',
      comment: 'Prisma is imported in store/ alone: everybody else calls a verb of the domain.',
      severity: 'error',
      from: { path: '^(server|web|client|bench)/', pathNot: `^${SRC}/store/` },
      to: { path: '(^|/)(@prisma/|prisma/)|^server/src/store/generated/|node_modules/@?prisma' },
    },
    {
      name: 'web-knows-the-router-by-its-types',
      comment: 'web/ takes types from the router and values from domain/ alone: no server code in the browser.',
      severity: 'error',
      from: { path: '^web/', pathNot: '^web/(e2e|test)/' },
      to: { path: '^server/', pathNot: '^server/src/domain/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'web-types-come-from-router-and-domain',
      comment: 'The page sees the router\'s types and the domain\'s shapes; what lies behind them may change without it.',
      severity: 'error',
      from: { path: '^web/', pathNot: '^web/(e2e|test)/' },
      to: { path: '^server/', pathNot: '^server/src/(domain/|router/router\\.ts$)' },
    },
    {
      name: 'web-components-see-no-transport',
      comment: 'pages → components, stores; stores → api: a component shows what it is given.',
      severity: 'error',
      from: { path: '^web/src/(components|pages)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^web/src/api/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'web-api-knows-no-store',
      comment: 'stores → api, never back: the transport does not know what is shown.',
      severity: 'error',
      from: { path: '^web/src/(api|stores)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^web/src/(pages|components)/' },
    },
    {
      name: 'client-knows-the-router-by-its-types',
      comment: 'client/ is published by itself: from the server it takes types alone.',
      severity: 'error',
      from: { path: '^client/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(server|web|bench)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'server-knows-no-web',
      comment: 'The server serves web/dist as files; it knows nothing of what is in them.',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^(web|bench)/' },
    },
    {
      name: 'client-is-for-the-command-line',
      comment: 'Inside the server only cli/ talks to a server through the client.',
      severity: 'error',
      from: { path: `^${SRC}/`, pathNot: `^${SRC}/cli/|\\.test\\.ts$` },
      to: { path: '^client/' },
    },
    {
      name: 'tests-are-not-imported',
      comment: 'What two tests share lives in server/test or a fixtures folder; shipped code never needs a test.',
      severity: 'error',
      from: { path: '^(server|web|client)/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$|^(server|client)/test/|^web/(test|e2e)/' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'This import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(virtual:|~icons/|#build/|#imports)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/generated/' },
    exclude: { path: '(^|/)(dist|generated/.*/internal)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.mjs', '.js', '.vue', '.json'] },
    extraExtensionsToScan: ['.vue'],
  },
}
