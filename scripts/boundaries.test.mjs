import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectDir } from './project.mjs'

const config = join(projectDir, '.dependency-cruiser.cjs')
const rules = createRequire(import.meta.url)(config).forbidden.map(rule => rule.name)

/** One import that each rule must catch: rule, file, what it imports; `type` when a type alone is enough to be caught. */
const FAULTS = [
  ['domain-imports-its-row-of-the-table', 'server/src/domain/a.ts', 'server/src/config/config.ts', 'type'],
  ['store-imports-its-row-of-the-table', 'server/src/store/a.ts', 'server/src/events/log.ts'],
  ['events-imports-its-row-of-the-table', 'server/src/events/a.ts', 'server/src/queue/submit.ts'],
  ['queue-imports-its-row-of-the-table', 'server/src/queue/a.ts', 'server/src/worker/worker.ts', 'type'],
  ['executor-imports-its-row-of-the-table', 'server/src/executor/a.ts', 'server/src/events/log.ts', 'type'],
  ['mcp-imports-its-row-of-the-table', 'server/src/mcp/a.ts', 'server/src/network/proxy.ts'],
  ['artifacts-imports-its-row-of-the-table', 'server/src/artifacts/a.ts', 'server/src/events/log.ts'],
  ['backup-imports-its-row-of-the-table', 'server/src/backup/a.ts', 'server/src/queue/submit.ts'],
  ['models-imports-its-row-of-the-table', 'server/src/models/a.ts', 'server/src/store/database.ts'],
  ['secrets-imports-its-row-of-the-table', 'server/src/secrets/a.ts', 'server/src/config/config.ts', 'type'],
  ['network-imports-its-row-of-the-table', 'server/src/network/a.ts', 'server/src/models/gateway.ts'],
  ['budgets-imports-its-row-of-the-table', 'server/src/budgets/a.ts', 'server/src/worker/worker.ts', 'type'],
  ['worker-imports-its-row-of-the-table', 'server/src/worker/a.ts', 'server/src/router/router.ts'],
  ['schedules-imports-its-row-of-the-table', 'server/src/schedules/a.ts', 'server/src/worker/worker.ts'],
  ['approvals-imports-its-row-of-the-table', 'server/src/approvals/a.ts', 'server/src/models/gateway.ts'],
  ['auth-imports-its-row-of-the-table', 'server/src/auth/a.ts', 'server/src/http/server.ts'],
  ['audit-imports-its-row-of-the-table', 'server/src/audit/a.ts', 'server/src/router/router.ts'],
  ['metrics-imports-its-row-of-the-table', 'server/src/metrics/a.ts', 'server/src/store/database.ts'],
  ['traces-imports-its-row-of-the-table', 'server/src/traces/a.ts', 'server/src/store/database.ts'],
  ['checks-imports-its-row-of-the-table', 'server/src/checks/a.ts', 'server/src/executor/host.ts'],
  ['router-imports-its-row-of-the-table', 'server/src/router/a.ts', 'server/src/models/gateway.ts', 'type'],
  ['http-imports-its-row-of-the-table', 'server/src/http/a.ts', 'server/src/queue/submit.ts'],
  ['config-imports-its-row-of-the-table', 'server/src/config/a.ts', 'server/src/store/database.ts'],
  ['config-is-handed-down', 'server/src/worker/b.ts', 'server/src/config/config.ts'],
  ['every-module-has-a-row', 'server/src/helpers/a.ts', 'server/src/domain/run.ts'],
  ['the-root-is-for-composition', 'server/src/http/b.ts', 'server/src/app.ts'],
  ['main-imports-app-and-config', 'server/src/main.ts', 'server/src/domain/run.ts'],
  ['executor-process-never-imports-the-workers-side', 'server/src/executor/run/a.ts', 'server/src/executor/host.ts'],
  ['executor-process-reaches-no-authority', 'server/src/executor/main.ts', 'server/src/domain/leak.ts'],
  ['metrics-are-known-by-app-and-http-alone', 'server/src/queue/b.ts', 'server/src/metrics/metrics.ts'],
  ['router-follows-and-submits-no-more', 'server/src/router/b.ts', 'server/src/events/log.ts'],
  ['prisma-in-store-only', 'server/src/queue/c.ts', 'server/src/store/generated/sqlite/client.ts'],
  ['web-knows-the-router-by-its-types', 'web/src/a.ts', 'server/src/router/router.ts'],
  ['web-types-come-from-router-and-domain', 'web/src/b.ts', 'server/src/store/database.ts', 'type'],
  ['web-components-see-no-transport', 'web/src/components/a.ts', 'web/src/api/client.ts'],
  ['web-api-knows-no-store', 'web/src/stores/a.ts', 'web/src/pages/page.ts'],
  ['client-knows-the-router-by-its-types', 'client/src/a.ts', 'server/src/router/router.ts'],
  ['server-knows-no-web', 'server/src/queue/d.ts', 'web/src/pages/page.ts'],
  ['client-is-for-the-command-line', 'server/src/queue/e.ts', 'client/src/index.ts'],
  ['tests-are-not-imported', 'server/src/queue/f.ts', 'server/src/queue/x.test.ts'],
  ['no-cycles', 'server/src/domain/c.ts', 'server/src/domain/d.ts', 'type'],
  ['resolvable', 'server/src/domain/e.ts', 'server/src/domain/not-there.ts'],
]

/** What the table allows, and must not be caught. */
const ALLOWED = [
  ['web/src/c.ts', 'server/src/router/router.ts', 'type'],
  ['web/src/d.ts', 'server/src/domain/run.ts'],
  ['client/src/b.ts', 'server/src/router/router.ts', 'type'],
  ['server/src/worker/c.ts', 'server/src/executor/host.ts'],
  ['server/src/executor/mcp.ts', 'server/src/mcp/client.ts'],
  ['server/src/worker/e.ts', 'server/src/secrets/vault.ts'],
  ['server/src/worker/f.ts', 'server/src/artifacts/artifacts.ts'],
  ['server/src/worker/d.ts', 'server/src/config/config.ts', 'type'],
  ['server/src/cli/a.ts', 'client/src/index.ts'],
  ['server/src/http/c.ts', 'server/src/metrics/metrics.ts'],
  ['server/src/router/c.ts', 'server/src/queue/submit.ts'],
  ['server/src/store/b.ts', 'server/src/program-files.ts'],
  ['server/src/executor/c.ts', 'server/src/program-files.ts'],
]

let room
let found
beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'agentos-boundaries-'))
  write('tsconfig.base.json', '{}')
  for (const [, target] of ALLOWED)
    write(target, 'export const x = 1')
  for (const [rule, , target] of FAULTS) {
    if (rule !== 'resolvable')
      write(target, 'export const x = 1')
  }
  write('server/src/domain/leak.ts', `export * from '../store/database.ts'`)
  write('server/src/domain/d.ts', `import type { x } from './c.ts'\nexport type Y = typeof x`)
  for (const [, file, target, kind] of FAULTS)
    write(file, importing(file, target, kind))
  for (const [file, target, kind] of ALLOWED)
    write(file, importing(file, target, kind))
  found = cruise()
})
afterAll(() => rmSync(room, { recursive: true }))

describe('the import table', () => {
  it('has a fault here for every rule', () => {
    expect(FAULTS.map(([rule]) => rule).sort()).toEqual([...rules].sort())
  })

  it.each(FAULTS)('%s catches %s', (rule, file) => {
    expect(found.filter(violation => violation.from === file).map(violation => violation.rule.name)).toContain(rule)
  })

  it.each(ALLOWED)('lets %s import %s', (file) => {
    expect(found.filter(violation => violation.from === file).map(violation => violation.rule.name)).toEqual([])
  })
})

function importing(file, target, kind) {
  const path = `${'../'.repeat(dirname(file).split('/').length)}${target}`
  return kind === 'type' ? `import type { x } from '${path}'\nexport type X = typeof x` : `import { x } from '${path}'\nexport const y = x`
}

function cruise() {
  const cli = join(projectDir, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const { stdout, stderr } = spawnSync(process.execPath, [cli, '--config', config, '--output-type', 'json', 'server', 'web', 'client'], { cwd: room, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (!stdout)
    throw new Error(stderr)
  return JSON.parse(stdout).summary.violations
}

function write(path, text) {
  mkdirSync(dirname(join(room, path)), { recursive: true })
  writeFileSync(join(room, path), text)
}
