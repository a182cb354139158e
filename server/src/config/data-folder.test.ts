import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from './config.ts'
import { DataFolderError, prepareDataFolder } from './data-folder.ts'

let room: string
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'agentos-data-'))
})
afterEach(() => rm(room, { recursive: true }))

it('makes the folder with keys that nobody else can read', async () => {
  const folder = await prepareDataFolder(configFor('data'))
  expect(await modeOf(folder.path)).toBe(0o711)
  expect(await modeOf(folder.workspacesPath)).toBe(0o711)
  expect((await readdir(folder.path)).sort()).toEqual(['credential', 'host.name', 'metrics.token', 'secret.key', 'workspaces'])
  for (const name of ['credential', 'metrics.token', 'secret.key'])
    expect(await modeOf(join(folder.path, name))).toBe(0o600)
  expect((await readFile(join(folder.path, 'credential'), 'utf8')).trim()).toBe(folder.credential)
})

it('keeps the keys from one start to the next', async () => {
  const first = await prepareDataFolder(configFor('data'))
  expect(await prepareDataFolder(configFor('data'))).toEqual(first)
})

it('gives the same keys to all that start at once', async () => {
  const folders = await Promise.all(Array.from({ length: 8 }, () => prepareDataFolder(configFor('data'))))
  expect(new Set(folders.map(folder => JSON.stringify(folder))).size).toBe(1)
  expect((await readdir(join(room, 'data'))).length).toBe(5)
})

it('lets the environment\'s keys win, and then writes none', async () => {
  const secretKey = 's'.repeat(40)
  const folder = await prepareDataFolder(configFor('data', { AGENTOS_SECRET_KEY: secretKey, AGENTOS_METRICS_TOKEN: 'm'.repeat(20) }))
  expect(folder).toMatchObject({ secretKey, metricsToken: 'm'.repeat(20) })
  expect((await readdir(folder.path)).sort()).toEqual(['credential', 'host.name', 'workspaces'])
})

it('closes a key file that was left open to others', async () => {
  const { path } = await prepareDataFolder(configFor('data'))
  await chmod(join(path, 'credential'), 0o644)
  await prepareDataFolder(configFor('data'))
  expect(await modeOf(join(path, 'credential'))).toBe(0o600)
})

it('leaves the mode of a folder alone that holds what is not ours', async () => {
  await mkdir(join(room, 'home'))
  await writeFile(join(room, 'home/letter.txt'), 'x')
  await chmod(join(room, 'home'), 0o755)
  await prepareDataFolder(configFor('home'))
  expect(await modeOf(join(room, 'home'))).toBe(0o755)
})

it('refuses a damaged key rather than making a new one', async () => {
  await mkdir(join(room, 'data'))
  await writeFile(join(room, 'data/secret.key'), '')
  await expect(prepareDataFolder(configFor('data'))).rejects.toThrow(/secret\.key is damaged: .+backup/)
})

it('says what to do when a file stands where the folder should be', async () => {
  await writeFile(join(room, 'data'), '')
  await expect(prepareDataFolder(configFor('data'))).rejects.toThrow(DataFolderError)
  await expect(prepareDataFolder(configFor('data'))).rejects.toThrow(/^AGENTOS_DATA_DIR: .+ What to do: [^\n]+$/)
})

it.skipIf(process.getuid?.() === 0)('says what to do when the folder cannot be written', async () => { // root may write everywhere
  await mkdir(join(room, 'data'), { mode: 0o500 })
  await expect(prepareDataFolder(configFor('data'))).rejects.toThrow(/EACCES.+make it this user's own/)
})

function configFor(name: string, env: Record<string, string> = {}) {
  return loadConfig({ ...env, AGENTOS_DATA_DIR: join(room, name) }, { projectDir: room })
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}
