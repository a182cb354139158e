import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { projectDir, runtimeDir } from '../project.mjs'
import { environment } from '../run.mjs'
import { bundleServer, EXTERNAL } from './bundle.mjs'
import { layManifest, putLeftOverBack, putManifestBack } from './kept-manifest.mjs'
import { manifestOfPackage } from './manifest.mjs'

const room = mkdtempSync(join(tmpdir(), 'agentos-package-'))
// What npx started goes on when it is killed itself.
afterAll(() => {
  for (const { pid } of processesOf(room))
    process.kill(pid, 'SIGKILL')
  rmSync(room, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

it('the package serves, runs an agent and is signed into, in an empty folder with no checkout around', { timeout: 600_000 }, async () => {
  const packed = run('npm', ['pack', '--ignore-scripts', '--pack-destination', room], await staged())
  expect(packed.status, packed.stderr).toBe(0)
  const [tarball] = readdirSync(room).filter(name => name.endsWith('.tgz'))
  const empty = join(room, 'empty')
  mkdirSync(empty)
  const npx = spawn('npx', ['-y', `../${tarball}`, 'up'], { cwd: empty, env: newcomer(), stdio: ['ignore', 'pipe', 'pipe'] })
  const said = await textUntil(npx, /Agents found: \d+/)
  expect(said).toMatch(/Agents found: [1-9]/)

  const link = /http:\S+\/setup\?token=\S+/.exec(said)[0]
  const { origin, searchParams } = new URL(link)
  const signIn = await fetch(`${origin}/api/session`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ token: searchParams.get('token') }),
  })
  expect(signIn.status).toBe(204)
  const cookie = signIn.headers.get('set-cookie').split(';')[0]
  const me = await fetch(`${origin}/trpc/system.me`, { headers: { cookie } })
  expect(me.status).toBe(200)
  const page = await (await fetch(`${origin}/runs`, { headers: { cookie } })).text()
  const script = await fetch(`${origin}${/<script [^>]*src="(\/assets\/[^"]+)"/.exec(page)[1]}`, { headers: { cookie } })
  expect(script.status).toBe(200)
  expect(script.headers.get('content-type')).toContain('javascript')

  // npx has installed it by now; through npx each would take seconds more.
  const agentos = (...args) => run(join(installedBy(), 'agentos'), args, empty)
  expect(agentos('init', 'first')).toMatchObject({ status: 0 })
  const ran = agentos('run', 'first.yaml', '--task', 'hello')
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ status: 0, stdout: expect.stringContaining('task: hello') })
  expect(agentos('ps', '--json').stdout).toContain('"succeeded"')
  expect(JSON.parse(agentos('doctor', '--json').stdout)).toMatchObject({ ok: true })

  npx.kill('SIGTERM')
  // npx puts a shell between; the server itself ends in its own time.
  await expect.poll(() => processesOf(room), { timeout: 60_000 }).toEqual([])
  // With no server running the same command brings its own.
  expect(agentos('run', 'first.yaml', '--task', 'again')).toMatchObject({ status: 0, stdout: expect.stringContaining('task: again') })
})

it('a server that runs finds the pieces of its own build after the next one, and those of an older one are gone', { timeout: 120_000 }, async () => {
  const dist = join(runtimeDir, 'server-kept')
  const clear = () => rmSync(dist, { recursive: true, force: true })
  onTestFinished(clear)
  clear() // of one that was killed
  mkdirSync(dist)
  writeFileSync(join(dist, 'pieces.json'), '["agentos.js", "of-an-older-source.js"]')
  for (const name of ['agentos.js', 'of-an-older-source.js'])
    writeFileSync(join(dist, name), 'older')

  await bundleServer({ keepsPieces: true, dist })
  expect(readFileSync(join(dist, 'of-an-older-source.js'), 'utf8')).toBe('older')
  expect(readFileSync(join(dist, 'agentos.js'), 'utf8')).not.toBe('older')
  await bundleServer({ keepsPieces: true, dist })
  expect(readdirSync(dist)).not.toContain('of-an-older-source.js')
})

it('npm pack changes package.json for as long as it packs, and a leftover is put back', () => {
  const checkout = join(room, 'swapped')
  mkdirSync(checkout)
  const own = JSON.stringify({ name: 'agentos', version: '1.2.3', private: true, scripts: { prepack: 'a', postpack: 'b' }, devDependencies: { c: 'catalog:' } })
  writeFileSync(join(checkout, 'package.json'), own)
  const kept = join(checkout, '.runtime')
  const read = () => readFileSync(join(checkout, 'package.json'), 'utf8')
  const lay = () => layManifest(manifest => manifestOfPackage(manifest, EXTERNAL), checkout, kept)

  lay()
  expect(JSON.parse(read())).toMatchObject({ name: 'agentos', version: '1.2.3', bin: { agentos: 'bin/agentos.mjs' }, scripts: { postpack: 'b' }, dependencies: { 'better-sqlite3': expect.stringMatching(/^\d+\.\d+\.\d+$/) } })
  expect(JSON.parse(read())).not.toHaveProperty('private')
  expect(read()).not.toContain('catalog:')
  putLeftOverBack(checkout, kept)
  expect(read()).not.toBe(own)
  putManifestBack(checkout, kept)
  expect(read()).toBe(own)

  lay()
  putLeftOverBack(checkout, kept, -1)
  expect(read()).toBe(own)
})

it('npm knows both halves of it', () => {
  const { scripts } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8'))
  expect(scripts.prepack).toMatch(/bootstrap\.mjs pack$/)
  expect(scripts.postpack).toMatch(/bootstrap\.mjs packed$/)
})

/**
 * What npm would take, in a folder of its own: in the checkout package.json changes while npm packs, and whoever runs there at that
 * moment must not see it.
 */
async function staged() {
  const folder = join(room, 'staged')
  const manifest = manifestOfPackage(JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')), EXTERNAL)
  const dist = join(runtimeDir, 'server-packed') // other tests run the checkout's
  await bundleServer({ dist })
  for (const path of ['README.md', 'LICENSE', ...manifest.files.map(each => each.replace(/\/\*\.md$/, ''))])
    cpSync(path === 'server/dist' ? dist : join(projectDir, path), join(folder, path), { recursive: true, verbatimSymlinks: true })
  rmSync(dist, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  return folder
}

/** Somebody who has Node and npm, and nothing of AgentOS. */
function newcomer() {
  const { PATH } = environment()
  const registry = Object.entries(process.env).filter(([name]) => /^npm_config_(?:registry|.*proxy|cafile)$/i.test(name) || /^(?:https?|no)_proxy$|^NODE_EXTRA_CA_CERTS$/i.test(name))
  return { PATH, HOME: join(room, 'home'), NO_COLOR: '1', AGENTOS_PORT: '0', ...Object.fromEntries(registry) }
}

function installedBy() {
  const [folder] = readdirSync(join(room, 'home/.npm/_npx'))
  return join(room, 'home/.npm/_npx', folder, 'node_modules/.bin')
}

function run(program, args, cwd) {
  return spawnSync(program, args, { cwd, env: newcomer(), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 300_000 })
}

function textUntil(child, pattern) {
  let text = ''
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part
      if (pattern.test(text))
        resolve(text)
    })
    child.stderr.setEncoding('utf8').on('data', part => void (text += part))
    child.once('close', () => reject(new Error(`it ended and never said ${pattern}:\n${text}`)))
  })
}

function processesOf(folder) {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return Number(pid) !== process.pid && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder) ? [{ pid: Number(pid), line }] : []
    }
    catch {
      return []
    }
  })
}
