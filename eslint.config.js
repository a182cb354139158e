import antfu from '@antfu/eslint-config'

export default antfu({
  type: 'app',
  vue: true,
  typescript: true,
  // The style of style.md: no semicolons, single quotes, two spaces, trailing commas.
  stylistic: { indent: 2, quotes: 'single', semi: false },
  // Prose is for people; its code blocks are examples.
  markdown: false,
  // The order of a workspace file tells its reader something.
  yaml: { overrides: { 'yaml/sort-keys': 'off', 'yaml/quotes': 'off', 'yaml/plain-scalar': 'off', 'yaml/flow-mapping-curly-spacing': ['error', 'always'] } },
  pnpm: false,
  ignores: ['**/generated/**', '**/dist/**', '.runtime/**', 'data/**', 'bench/results/**', 'prisma/**', 'pnpm-lock.yaml'],
}).append({
  name: 'agentos/style',
  rules: {
    'complexity': ['error', 25],
    'max-depth': ['error', 4],
    'max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
    'max-params': ['error', 6],
    'no-console': 'error',
    'no-restricted-syntax': ['error', { selector: 'ExportAllDeclaration', message: 'Name what is exported: a barrel hides where a thing lives.' }],
    'import/no-default-export': 'error',
    'test/no-only-tests': 'error',

    // The exported function stands first, its helpers and tables below.
    'ts/no-use-before-define': ['error', { functions: false, classes: false, variables: false }],
    'antfu/no-top-level-await': 'off', // entries and scripts begin with it
    'antfu/reasonable-newline': 'off', // would stand every second object and ternary on end; max-len says when a line is too long
    'antfu/consistent-chaining': 'off',
    'antfu/consistent-list-newline': ['error', { ArrayExpression: false }], // tables of words are easier to read filled
    'no-unmodified-loop-condition': 'off', // knows nothing of what an await may change
    'node/prefer-global/process': 'off',
    'node/prefer-global/buffer': 'off',
    'regexp/no-obscure-range': 'off', // ranges of control characters are what some patterns are about
    'style/max-statements-per-line': ['error', { max: 2 }],
    'test/prefer-hooks-in-order': 'off',
    'test/prefer-lowercase-title': 'off', // a title is a sentence
    'ts/method-signature-style': 'off',
  },
}, {
  name: 'agentos/default-export-by-convention',
  files: ['**/*.config.{js,ts}', '**/*.vue', '**/*.d.ts', 'eslint.config.js', '.dependency-cruiser.cjs', 'server/test/postgres.ts'],
  rules: { 'import/no-default-export': 'off' },
}, {
  name: 'agentos/order-that-tells-something',
  files: ['**/package.json', '**/tsconfig*.json'],
  rules: { 'jsonc/sort-keys': 'off', 'jsonc/sort-array-values': 'off' },
}, {
  name: 'agentos/manifests-hold-commands',
  files: ['**/*.yaml', '**/*.yml'],
  rules: { 'max-len': 'off', 'style/no-multi-spaces': 'off' },
}, {
  name: 'agentos/what-a-person-reads-on-a-page',
  files: ['web/e2e/**'],
  rules: { 'unicorn/prefer-dom-node-text-content': 'off' },
}, {
  name: 'agentos/prints-for-a-person',
  files: ['bench/**', 'client/examples/**', 'server/src/store/develop/**'],
  rules: { 'no-console': 'off' },
})
