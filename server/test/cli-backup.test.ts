import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openDatabase } from '../src/store/database.ts'
import { checkDatabase } from './checker.ts'
import { agentos, jsonLines, writeManifest } from './cli-harness.ts'
import { freshDatabase } from './conformance-harness.ts'
import { runCommand, startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

async function setSecret(dataDir: string, name: string, value: string): Promise<void> {
  const spawned = runCommand(['secret', 'set', name], dataDir)
  spawned.child.stdin?.end(value)
  expect((await spawned.exited)[0]).toBe(0)
}

it('what is backed up with its key while a server runs is used by the next one, secrets and all', async () => {
  const server = await startServerProcess(await temporaryFolder())
  await setSecret(server.dataDir, 'DEPLOY_KEY', 'ghp_0123456789abcdefghij')
  const folder = await temporaryFolder()
  const plain = await agentos(['backup', '-o', join(folder, 'plain.tar.gz')], server)
  expect(plain.stdout).toMatch(/SQLite, AgentOS \S+, .*: \d+ agents, 0 runs, 0 events, 0 kept files\n1 sealed secret: they open only under the key of this server/)
  const withKey = await agentos(['backup', '-o', join(folder, 'key.tar.gz'), '--with-key'], server)
  expect(withKey.stdout).toContain('The key of the server is in it')
  await server.stop()

  const copy = join(folder, 'copy')
  expect((await agentos(['restore', join(folder, 'key.tar.gz'), '--to', copy], server)).stdout).toMatch(/restored into .*copy. Start it with AGENTOS_DATA_DIR=.*copy agentos serve\nThe key came with it/)
  const manifest = await writeManifest(copy, 'user', 'echo "length $(printf %s "$DEPLOY_KEY" | wc -c)"', 'secrets: [DEPLOY_KEY]\n')
  await writeFile(manifest, `${await readFile(manifest, 'utf8')}    secrets: [DEPLOY_KEY]\n`)
  expect((await agentos(['run', manifest], copy)).stdout).toContain('length 24')

  const without = join(folder, 'without')
  expect((await agentos(['restore', join(folder, 'plain.tar.gz'), '--to', without], server)).stdout).toContain('1 sealed secret needs the key that the server had: set AGENTOS_SECRET_KEY')
  expect((await agentos(['run', manifest], without)).stdout).toContain('cannot be opened with this AGENTOS_SECRET_KEY')
}, 240_000)

it('says what is in the way', async () => {
  const dataDir = await temporaryFolder()
  expect(await agentos(['backup'], dataDir)).toMatchObject({ code: 1, stderr: expect.stringContaining('there is nothing to back up') })
  expect(await agentos(['restore', 'none.tar.gz', '--to', join(dataDir, 'x')], dataDir)).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be read (ENOENT)') })
  expect(await agentos(['move', '--to', 'mysql://x'], dataDir)).toMatchObject({ code: 1, stderr: expect.stringContaining('expected postgres://') })
  expect(await agentos(['backup'], dataDir, { env: { AGENTOS_URL: 'http://127.0.0.1:9' } })).toMatchObject({ code: 1, stderr: expect.stringContaining('unset AGENTOS_URL') })
  expect(await agentos(['import', 'nothing'], dataDir)).toMatchObject({ code: 127, stderr: expect.stringContaining('does not exist') })
})

it('an installation moves to PostgreSQL once its server is stopped, and goes on there', async () => {
  const server = await startServerProcess(await temporaryFolder())
  const manifest = await writeManifest(server.dataDir, 'mover', 'head -c 400000 /dev/urandom')
  expect((await agentos(['run', manifest], server)).code).toBe(0)
  const { databaseUrl } = await freshDatabase('postgresql')
  expect(await agentos(['move', '--to', databaseUrl], server)).toMatchObject({ code: 1, stderr: expect.stringMatching(/in use by another AgentOS/) })
  await server.stop()
  const moved = await agentos(['move', '--to', databaseUrl], server)
  expect(moved).toMatchObject({ code: 0, stderr: '' })
  expect(moved.stdout).toMatch(/\d+ rows in \d+ tables and [1-9]\d* kept files .* each compared with what it was copied from/)
  expect(moved.stdout).not.toContain('password@')
  const there = await startServerProcess(server.dataDir, { env: { DATABASE_URL: databaseUrl } })
  expect(jsonLines(await agentos(['ps', '--json'], there))).toMatchObject([{ status: 'succeeded', agentName: 'mover' }])
  await there.stop()
  const db = await openDatabase({ databaseUrl, dataDir: server.dataDir })
  expect(await checkDatabase(db, { isSettled: true })).toEqual([])
  await db.close()
}, 240_000)

it('manifests of the prototype are written anew in today\'s words, with their comments, and never over a file', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'old'))
  await writeFile(join(folder, 'old', 'a.yaml'), '# of last year\nname: helper\nmodel_provider: openai\nmodel_version: gpt-4o\nrepeat: 30\nresource_limits: { max_steps: 9 }\n')
  await writeFile(join(folder, 'old', 'b.yml'), 'name: broken\nmodel_provder: openai\n')
  const first = await agentos(['import', join(folder, 'old')], folder, { cwd: folder })
  expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining('1 of 2 manifests were not imported') })
  expect(first.stdout).toContain('repeat: 30 is the prototype\'s word: today it is schedule.every: 30m')
  expect(first.stdout).toMatch(/b\.yml is not imported:\n[^→]*2:1 model_provder: expected a known key/)
  expect(await readFile(join(folder, 'helper.yaml'), 'utf8')).toBe('# of last year\nname: helper\nmodel: openai/gpt-4o\nschedule:\n  every: 30m\nlimits:\n  steps: 9\n')
  expect((await agentos(['import', join(folder, 'old', 'a.yaml')], folder, { cwd: folder })).stdout).toContain('exists already')
  expect((await readdir(folder)).filter(name => name.endsWith('.yaml'))).toEqual(['helper.yaml'])
})

it('the runs of the prototype\'s runtime.db are ended runs here, once, and nothing is made up about them', async () => {
  const dataDir = await temporaryFolder()
  const path = join(dataDir, 'runtime.db')
  const old = new BetterSqlite3(path)
  old.exec(`CREATE TABLE agents (id TEXT PRIMARY KEY, name TEXT, model TEXT, pid INTEGER, status TEXT, started_at TEXT, stopped_at TEXT, log_path TEXT);
    CREATE TABLE scheduled_agents (id TEXT PRIMARY KEY, name TEXT, manifest_path TEXT, task TEXT, schedule_type TEXT, time_config INTEGER, repeat_config INTEGER, next_run TEXT, created_at TEXT);
    INSERT INTO agents VALUES ('11', 'My Helper', 'gpt-4o', 41, 'completed', '2025-01-02T03:04:05.123456+00:00', '2025-01-02T03:04:15.123456+00:00', '~/.agentos/logs/x.log'),
      ('12', 'My Helper', 'gpt-4o', 42, 'failed', '2025-01-02T04:00:00+00:00', '2025-01-02T04:00:01+00:00', NULL),
      ('13', 'other', 'x', NULL, 'stopped', '2025-01-02T05:00:00+00:00', '2025-01-02T05:00:01+00:00', NULL),
      ('14', 'other', 'x', 43, 'running', '2025-01-02T06:00:00+00:00', NULL, NULL);
    INSERT INTO scheduled_agents VALUES ('s', 'other', '/m.yaml', 'sweep', 'repeat', NULL, 30, NULL, NULL)`)
  old.close()
  const imported = await agentos(['import', path], dataDir)
  expect(imported).toMatchObject({ code: 0, stderr: '' })
  expect(imported.stdout).toMatch(/^4 ended runs imported\nAgents of which only the runs are here: my-helper, other\./)
  expect(imported.stdout).toContain('agentos schedule "other" --every 30m --task "sweep"')
  expect((await agentos(['import', path, '--json'], dataDir)).stdout).toContain('"runs":0,"known":4')

  const runs = jsonLines(await agentos(['ps', '--json'], dataDir))
  expect(runs.map(run => ({ ...run }))).toMatchObject([
    { agentName: 'other', status: 'failed', reason: 'interrupted' },
    { agentName: 'other', status: 'cancelled' },
    { agentName: 'my-helper', status: 'failed', reason: 'error' },
    { agentName: 'my-helper', status: 'succeeded', startedAt: '2025-01-02T03:04:05.123Z', endedAt: '2025-01-02T03:04:15.123Z', notices: [expect.stringContaining('imported from the Python prototype: My Helper 11')] },
  ])
  expect(jsonLines(await agentos(['logs', runs[3]!.id, '--json'], dataDir)).map(({ type }) => type)).toEqual(['run.submitted', 'attempt.started', 'run.ended'])
  const db = await openDatabase({ databaseUrl: `file:${join(dataDir, 'agentos.db')}`, dataDir })
  expect(await checkDatabase(db, { isSettled: true })).toEqual([])
  await db.close()
}, 240_000)

it.each([
  ['a table that it did not have', 'CREATE TABLE agents (id TEXT, name TEXT, status TEXT, started_at TEXT); CREATE TABLE secrets (id TEXT)', 'the table secrets'],
  ['a column that it did not have', 'CREATE TABLE agents (id TEXT, name TEXT, status TEXT, started_at TEXT, mood TEXT)', 'the column agents.mood'],
  ['no column that is needed', 'CREATE TABLE agents (id TEXT, name TEXT, started_at TEXT)', 'no column agents.status'],
  ['a status that it did not have', `CREATE TABLE agents (id TEXT, name TEXT, status TEXT, started_at TEXT); INSERT INTO agents VALUES ('1', 'a', 'sleeping', NULL)`, '"sleeping"'],
])('a runtime.db with %s is refused with a sentence', async (_, sql, why) => {
  const dataDir = await temporaryFolder()
  const old = new BetterSqlite3(join(dataDir, 'runtime.db'))
  old.exec(sql)
  old.close()
  expect(await agentos(['import', 'runtime.db'], dataDir)).toMatchObject({ code: 1, stderr: expect.stringContaining(why) })
  expect(await readdir(dataDir)).toEqual(['runtime.db'])
})
