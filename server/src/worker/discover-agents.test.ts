import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ensureOwner } from '../store/actor.ts'
import { listAgents } from '../store/agents.ts'
import { openDatabase } from '../store/database.ts'
import { discoverAgents } from './discover-agents.ts'

async function openFolder() {
  const base = await mkdtemp(join(tmpdir(), 'agentos-discover-'))
  const folder = join(base, 'agents')
  await mkdir(folder)
  const db = await openDatabase({ databaseUrl: `file:${join(base, 'agentos.db')}`, dataDir: base })
  onTestFinished(async () => {
    await db.close()
    await rm(base, { recursive: true })
  })
  const actor = await ensureOwner(db)
  return {
    folder,
    write: (name: string, text: string) => writeFile(join(folder, name), text),
    discover: () => discoverAgents(db, actor, folder),
    agents: () => listAgents(db, actor.organisationId),
  }
}

const script = (name: string, run = 'ls') => `name: ${name}\nsteps:\n  - run: ${run}\n`

it('every manifest of the folder becomes an agent, and a second look changes nothing', async () => {
  const { write, discover, agents, folder } = await openFolder()
  await write('one.yaml', script('one'))
  await write('two.yml', script('two'))
  await write('schema.json', '{}')
  expect(await discover()).toEqual({ saved: ['one', 'two'], found: 2, problems: [] })
  expect(await discover()).toEqual({ saved: [], found: 2, problems: [] })
  expect((await agents()).map(({ name, path }) => [name, path])).toEqual([['one', join(folder, 'one.yaml')], ['two', join(folder, 'two.yml')]])
})

it('a manifest that has changed becomes a new version', async () => {
  const { write, discover, agents } = await openFolder()
  await write('one.yaml', script('one'))
  await discover()
  await write('one.yaml', script('one', 'pwd'))
  expect((await discover()).saved).toEqual(['one'])
  expect(await agents()).toMatchObject([{ name: 'one', version: 2 }])
})

it('what is wrong is told and keeps nobody else out', async () => {
  const { write, discover, folder } = await openFolder()
  await write('bad.yaml', 'name: bad\nstepz: []\n')
  await write('good.yaml', script('good'))
  await write('twin.yaml', script('good'))
  await symlink('/no/such/file', join(folder, 'gone.yaml'))
  await write('huge.yaml', `# ${'x'.repeat(2 ** 20)}\n`)
  const { saved, problems } = await discover()
  expect(saved).toEqual(['good'])
  expect(problems.map(({ file }) => file.slice(folder.length + 1)).sort()).toEqual(expect.arrayContaining(['bad.yaml', 'gone.yaml', 'huge.yaml', 'twin.yaml']))
})

it('a folder that is not there holds no agents', async () => {
  const { folder, discover } = await openFolder()
  await rm(folder, { recursive: true })
  expect(await discover()).toEqual({ saved: [], found: 0, problems: [] })
})
