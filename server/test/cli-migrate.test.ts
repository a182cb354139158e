import type { Dialect } from './conformance-harness.ts'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { agentos } from './cli-harness.ts'
import { freshDatabase } from './conformance-harness.ts'
import { startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

describe.each<Dialect>(['sqlite', 'postgresql'])('agentos migrate (%s)', (dialect) => {
  it('makes the database, and finds it up to date the next time', async () => {
    const where = await freshDatabase(dialect)
    onTestFinished(() => where.remove())
    const folder = fileURLToPath(new URL(`../../prisma/${dialect}/migrations`, import.meta.url))
    const names = (await readdir(folder)).filter(name => /^\d/.test(name)).sort()
    const env = { DATABASE_URL: where.databaseUrl }
    const [first, second] = [await agentos(['migrate'], where.dataDir, { env }), await agentos(['migrate', '--json'], where.dataDir, { env })]
    expect(first).toMatchObject({ code: 0, stderr: '', stdout: `${dialect}: up to date, ${names.length} migrations, the newest ${names.at(-1)}\n` })
    expect(JSON.parse(second.stdout)).toEqual({ dialect, migrations: names.length, newest: names.at(-1) })
  })
})

it('agentos migrate leaves a database alone that a server has, and says who', async () => {
  const server = await startServerProcess(await temporaryFolder())
  const ended = await agentos(['migrate'], server)
  expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(String(server.child.pid)) })
})

it('agentos migrate names the database that does not answer, without its password', async () => {
  const ended = await agentos(['migrate'], await temporaryFolder(), { env: { DATABASE_URL: 'postgres://agentos:hunter2@127.0.0.1:9/agentos' } })
  expect(ended.code).toBe(1)
  expect(ended.stderr).toMatch(/^error /)
  expect(ended.stderr).not.toContain('hunter2')
})
