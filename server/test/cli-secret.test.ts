/* eslint-disable no-template-curly-in-string -- they are a shell's */
import type { ServerProcess } from './process-harness.ts'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { agentos, jsonLines, writeManifest } from './cli-harness.ts'
import { runCommand, runOnTerminal, startServerProcess } from './process-harness.ts'
import { connect, temporaryFolder } from './server-harness.ts'

const VALUE = 'ghp_0123456789abcdefghij'

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess(await mkdtemp(join(tmpdir(), 'agentos-cli-test-')), { isShared: true })
})
afterAll(async () => {
  await server.stop()
  await rm(server.dataDir, { recursive: true, force: true })
})

async function set(name: string, value: string | Buffer, dataDir = server.dataDir) {
  const spawned = runCommand(['secret', 'set', name], dataDir)
  spawned.child.stdin?.end(value)
  const [code] = await spawned.exited
  return { code, stdout: spawned.stdout(), stderr: spawned.stderr() }
}

it('a secret is set from standard input, listed by its name, used by a step, and removed', async () => {
  const manifest = await writeManifest(server.dataDir, 'user', 'test ${#DEPLOY_KEY} = 24 && echo "got $DEPLOY_KEY"\n', 'secrets: [DEPLOY_KEY]\n')
  await writeFile(manifest, `${await readFile(manifest, 'utf8')}    secrets: [DEPLOY_KEY]\n`)
  const refused = await agentos(['run', manifest], server)
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('agentos secret set DEPLOY_KEY') })
  expect((await agentos(['ps', '--json'], server)).stdout).toBe('')

  expect(await set('DEPLOY_KEY', `${VALUE}\n`)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^DEPLOY_KEY is stored/), stderr: '' })
  const listed = await agentos(['secret', 'list', '--json'], server)
  expect(jsonLines(listed)).toEqual([{ name: 'DEPLOY_KEY', createdAt: expect.any(String), createdBy: 'owner', updatedAt: expect.any(String), updatedBy: 'owner' }])
  expect((await agentos(['secret', 'list'], server)).stdout).toMatch(/^DEPLOY_KEY +set \d+ s ago by owner\n$/)

  const run = await agentos(['run', manifest], server)
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('got [secret DEPLOY_KEY]') })
  expect(run.stdout).not.toContain(VALUE)

  expect((await agentos(['secret', 'remove', 'DEPLOY_KEY'], server)).code).toBe(0)
  expect(await agentos(['secret', 'remove', 'DEPLOY_KEY'], server)).toMatchObject({ code: 127, stderr: expect.stringContaining('no secret is called') })
  expect(await agentos(['run', manifest], server)).toMatchObject({ code: 1, stderr: expect.stringContaining('agentos secret set DEPLOY_KEY') })
})

it.each([
  ['PATH', VALUE, /cannot be the name of a secret: expected another name/],
  ['lower', VALUE, /expected a name of capital letters/],
  ['SHORT', 'hunter2', /at least 8 characters, got 7/],
  ['EMPTY', '', /nothing was stored/],
  ['LONG', 'abcd'.repeat(20_000), /at most 65536 bytes/],
  ['BINARY', Buffer.from([0xFF, 0xFE, 0x41, 0x42]), /UTF-8/],
  ['NULS', 'abc\0defghijk', /NUL/],
])('%s is refused and its value not repeated', async (name, value, why) => {
  const { code, stderr } = await set(name, value)
  expect(stderr).toMatch(why)
  expect(code).toBe(1)
  if (value.length > 0)
    expect(stderr).not.toContain(value.toString())
})

it('on a terminal it is asked for and not shown', async () => {
  const spawned = runOnTerminal(['secret', 'set', 'TYPED'], server.dataDir)
  await spawned.says(/Value of TYPED \(not shown\)/)
  spawned.child.stdin?.write(`${VALUE}\r`)
  const [code] = await spawned.exited
  expect(code).toBe(0)
  expect(spawned.stdout()).toContain('TYPED is stored')
  expect(spawned.stdout()).not.toContain('0123')
})

it('with no server running it is stored all the same', async () => {
  const dataDir = await temporaryFolder()
  expect((await set('LATER', VALUE, dataDir)).code).toBe(0)
  expect((await agentos(['secret', 'list'], dataDir)).stdout).toMatch(/^LATER /)
})

it('the API refuses what the command line does, and never gives a value', async () => {
  const client = connect(server)
  await client.secrets.set.mutate({ name: 'BY_API', value: VALUE })
  await expect(client.secrets.set.mutate({ name: 'LD_PRELOAD', value: VALUE })).rejects.toThrow('another name')
  await expect(client.secrets.set.mutate({ name: 'BY_API', value: 'short' })).rejects.toThrow('at least 8')
  await client.agents.save.mutate({ source: 'name: needs\nsecrets: [BY_API, ABSENT]\nsteps: [{ run: ls, secrets: [BY_API] }]\n' })
  const agent = await client.agents.get.query({ agent: 'needs' })
  expect(agent.refusal).toBe('The secret ABSENT is not stored here. What to do: agentos secret set ABSENT')
  await expect(client.runs.submit.mutate({ agent: 'needs' })).rejects.toThrow('agentos secret set ABSENT')
  expect(JSON.stringify([await client.secrets.list.query(), agent])).not.toContain(VALUE)
})
