import type { Artifacts } from '../src/artifacts/artifacts.ts'
import type { Manifest } from '../src/domain/manifest/manifest.ts'
import type { RunView } from '../src/domain/views/run.ts'
import type { EventLog } from '../src/events/log.ts'
import type { Notifier } from '../src/events/notifier.ts'
import type { RunRequest } from '../src/queue/submit.ts'
import type { Actor } from '../src/store/actor.ts'
import type { AgentRow } from '../src/store/agents.ts'
import type { Database } from '../src/store/database.ts'
import type { RunRef } from '../src/store/run-append.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject } from 'vitest'
import { createArtifacts } from '../src/artifacts/artifacts.ts'
import { createEventLog } from '../src/events/log.ts'
import { createNotifier } from '../src/events/notifier.ts'
import { submit } from '../src/queue/submit.ts'
import { ensureOwner } from '../src/store/actor.ts'
import { findAgent, saveAgent } from '../src/store/agents.ts'
import { claimRuns } from '../src/store/claim.ts'
import { openDatabase } from '../src/store/database.ts'
import { checkDatabase } from './checker.ts'
import { MANIFEST } from './conformance-manifest.ts'

export type Dialect = 'sqlite' | 'postgresql'

export interface FreshDatabase { databaseUrl: string, dataDir: string, remove: () => Promise<void> }

/** An empty database of its own, not opened yet. */
export async function freshDatabase(dialect: Dialect): Promise<FreshDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'agentos-test-'))
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true })
  if (dialect === 'sqlite')
    return { databaseUrl: `file:${join(dataDir, 'agentos.db')}`, dataDir, remove }
  const server = inject('postgresUrl')
  if (server.startsWith('error: '))
    throw new Error(server)
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  const client = new pg.Client(`${server}/postgres`)
  await client.connect()
  await client.query(`CREATE DATABASE ${name}`)
  await client.end()
  return { databaseUrl: `${server}/${name}`, dataDir, remove }
}

/** What the tests of one describe share: an open database with an owner, and short words for what they do with it. */
export interface Given {
  readonly dialect: Dialect
  readonly db: Database
  readonly notifier: Notifier
  readonly log: EventLog
  readonly artifacts: Artifacts
  readonly actor: Actor
  readonly where: FreshDatabase
  agent: (manifest?: Partial<Manifest>) => Promise<AgentRow>
  submit: (request?: Partial<RunRequest>) => Promise<RunView>
  /** Takes everything that may be taken. */
  claim: (slots?: number, worker?: string) => Promise<RunRef[]>
  /** A run that is claimed. */
  running: (manifest?: Partial<Manifest>) => Promise<RunRef>
}

/** The same tests on SQLite and on a real PostgreSQL. What they leave behind is held against the rules of a history. */
export function onBothDatabases(title: string, body: (given: Given) => void): void {
  describe.each(['sqlite', 'postgresql'] as const)(`${title} (%s)`, (dialect) => {
    const given = { dialect } as { -readonly [K in keyof Given]: Given[K] } // filled before the first test
    beforeAll(async () => {
      given.where = await freshDatabase(dialect)
      given.db = await openDatabase(given.where)
      given.notifier = createNotifier()
      given.log = createEventLog(given.db, given.notifier)
      given.artifacts = createArtifacts({ path: join(given.where.dataDir, 'artifacts'), db: given.db })
      await given.artifacts.start()
      given.actor = await ensureOwner(given.db)
      Object.assign(given, createWords(given))
    })
    afterAll(async () => {
      const violations = await checkDatabase(given.db)
      await given.log.stop()
      await given.db.close()
      await given.where.remove()
      expect(violations).toEqual([])
    })
    body(given)
  })
}

function createWords(given: Given): Pick<Given, 'agent' | 'submit' | 'claim' | 'running'> {
  let agents = 0
  const words: Pick<Given, 'agent' | 'submit' | 'claim' | 'running'> = {
    async agent(changes) {
      const manifest = { ...MANIFEST, name: `agent-${++agents}`, ...changes }
      await saveAgent(given.db, { actor: given.actor, name: manifest.name, source: `name: ${manifest.name}\n`, manifest, notices: [], path: null })
      const { found } = await findAgent(given.db, given.actor.organisationId, manifest.name)
      return found!
    },
    async submit(request = {}) {
      const agent = request.agent ?? await words.agent()
      const plain = { actor: given.actor, agent, task: 'a task', inputs: {}, workspaceFrom: null, isolation: null, timeMs: null }
      return submit(given, { ...plain, ...request })
    },
    claim: (slots = 100, worker = 'worker-1') => claimRuns(given.db, { worker, slots, leaseMs: 30_000 }),
    async running(manifest) {
      const run = await words.submit({ agent: await words.agent(manifest) })
      const refs = await words.claim()
      return refs.find(ref => ref.runId === run.id)!
    },
  }
  return words
}
