import type { Manifest } from '../../domain/manifest/manifest.ts'
import type { WorkspaceRules } from './resolve-workspace.ts'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseManifest } from '../../domain/manifest/parse.ts'
import { listWorkspaces } from './list-workspaces.ts'
import { canRead, choosePlace, runUser } from './place.ts'
import { prepareWorkspace } from './prepare-workspace.ts'
import { removeTree } from './remove-tree.ts'
import { resolveWorkspace } from './resolve-workspace.ts'

const isRoot = process.getuid?.() === 0
let base: string
let rules: WorkspaceRules

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'agentos-workspace-')))
  chmodSync(base, 0o755)
  for (const name of ['root/repo/.git', 'root/repo/src', 'root/other', 'outside', 'data/workspaces', 'project/agents', 'manifests'])
    mkdirSync(join(base, name), { recursive: true })
  writeFileSync(join(base, 'root/repo/README.md'), 'hello')
  writeFileSync(join(base, 'outside/secret'), 'canary')
  writeFileSync(join(base, 'data/agentos.db'), 'canary')
  rules = { roots: [join(base, 'root')], projectDir: join(base, 'project'), protectedPaths: [join(base, 'data')], runUser: runUser() }
})
afterEach(() => {
  rmSync(base, { recursive: true, force: true })
})

function manifest(workspace: string): Manifest {
  const parsed = parseManifest(`name: test\nsteps:\n  - run: "true"\ninputs:\n  path: { type: string, default: x }\nworkspace: ${workspace}\n`, { file: 'test.yaml' })
  if (!parsed.ok)
    throw new Error(JSON.stringify(parsed.problems))
  return parsed.manifest
}

function resolve(asked: { workspace?: string, path?: string | null, given?: string | null, inputs?: Record<string, string> }) {
  return resolveWorkspace(rules, { manifest: manifest(asked.workspace ?? '{}'), manifestPath: asked.path ?? null, task: '', inputs: asked.inputs ?? {}, given: asked.given ?? null })
}

/** A manifest named test that really lies at `name`. */
function writeManifest(name: string, workspace: string): string {
  const path = join(base, name)
  writeFileSync(path, `name: test\nsteps:\n  - run: "true"\nworkspace: ${workspace}\n`)
  return path
}

describe('which folder', () => {
  it('a folder below a root is allowed, whoever names it', async () => {
    expect(await resolve({ given: join(base, 'root/repo') })).toEqual({ ok: true, from: join(base, 'root/repo') })
    expect(await resolve({ workspace: '{ from: "{{inputs.path}}" }', inputs: { path: join(base, 'root/other') } })).toEqual({ ok: true, from: join(base, 'root/other') })
  })

  it('a manifest that names none has an empty one', async () => {
    expect(await resolve({})).toEqual({ ok: true, from: null })
  })

  it('a folder outside is refused, with the roots and the way to allow it', async () => {
    const outcome = await resolve({ given: join(base, 'outside') })
    expect(outcome).toMatchObject({ ok: false, problem: expect.stringContaining(join(base, 'root')) })
    expect(outcome).toMatchObject({ problem: expect.stringContaining('AGENTOS_WORKSPACE_ROOTS') })
    expect(await resolve({ given: `${join(base, 'root')}-beside` })).toMatchObject({ ok: false, problem: expect.stringContaining('does not exist') })
    expect(await resolve({ given: join(base, 'root/../outside') })).toMatchObject({ ok: false })
    expect(await resolve({ given: '/' })).toMatchObject({ ok: false })
  })

  it('a link that leads out of a root is refused, and one that leads in is followed', async () => {
    symlinkSync('../outside', join(base, 'root/escape'))
    symlinkSync(join(base, 'root/repo'), join(base, 'outside/in'))
    expect(await resolve({ given: join(base, 'root/escape') })).toMatchObject({ ok: false, problem: expect.stringContaining(join(base, 'outside')) })
    expect(await resolve({ given: join(base, 'outside/in') })).toEqual({ ok: true, from: join(base, 'root/repo') })
  })

  it('the manifest\'s own folder is allowed when the manifest really lies there', async () => {
    const path = writeManifest('manifests/test.yaml', '{ from: . }')
    expect(await resolve({ workspace: '{ from: . }', path })).toEqual({ ok: true, from: join(base, 'manifests') })
    expect(await resolve({ workspace: '{ from: ../outside }', path })).toMatchObject({ ok: false })
    expect(await resolve({ workspace: '{ from: . }', path: join(base, 'outside/test.yaml') })).toMatchObject({ ok: false, problem: expect.stringContaining('outside the folders') })
    writeFileSync(join(base, 'outside/named.yaml'), 'name: another\nsteps:\n  - run: ls\n')
    expect(await resolve({ workspace: '{ from: . }', path: join(base, 'outside/named.yaml') })).toMatchObject({ ok: false })
  })

  it('the project\'s own agents may work on the project', async () => {
    const path = writeManifest('project/agents/test.yaml', '{ from: .. }')
    expect(await resolve({ workspace: '{ from: .. }', path })).toEqual({ ok: true, from: join(base, 'project') })
  })

  it('the data folder is never handed out, not even by a root above it', async () => {
    rules.roots = [base]
    expect(await resolve({ given: join(base, 'data') })).toMatchObject({ ok: false, problem: expect.stringContaining('own data') })
    expect(await resolve({ given: join(base, 'data/workspaces') })).toMatchObject({ ok: false })
    expect(await resolve({ given: base, workspace: '{ mode: mount-read-write }' })).toMatchObject({ ok: false, problem: expect.stringContaining('own data lies in it') })
    expect(await resolve({ given: base })).toEqual({ ok: true, from: base })
  })

  it('the whole machine is never mounted read-write', async () => {
    rules.roots = ['/']
    expect(await resolve({ given: '/', workspace: '{ mode: mount-read-write }' })).toMatchObject({ ok: false, problem: expect.stringContaining('whole machine') })
  })

  it.runIf(isRoot)('a folder that the run\'s user may not write is not mounted read-write', async () => {
    expect(await resolve({ given: join(base, 'root/repo'), workspace: '{ mode: mount-read-write }' })).toMatchObject({ ok: false, problem: expect.stringContaining('uid 65534') })
    chownSync(join(base, 'root/repo'), 65534, 65534)
    expect(await resolve({ given: join(base, 'root/repo'), workspace: '{ mode: mount-read-write }' })).toMatchObject({ ok: true })
  })

  it.for<[string, string]>([
    ['relative/folder', 'relative'],
    ['/no/such/folder', 'does not exist'],
    ['git@example.com:x.git', 'by HTTPS alone'],
    ['https://me:secret@example.com/x.git', 'workspace.token'],
    ['', 'is empty'],
    ['/tmp/\0', 'NUL'],
  ])('%j is refused with a reason', async ([given, words]) => {
    expect(await resolve({ given })).toMatchObject({ ok: false, problem: expect.stringContaining(words) })
  })

  it('a repository elsewhere is one, whoever names it, and cannot be mounted', async () => {
    const address = { url: 'https://example.com/x.git', ref: 'v1' }
    expect(await resolve({ given: 'https://example.com/x.git#v1' })).toEqual({ ok: true, from: 'https://example.com/x.git#v1', repository: address })
    expect(await resolve({ workspace: '{ from: "git+https://example.com/{{inputs.path}}.git#v1" }', inputs: { path: 'x' } })).toEqual({ ok: true, from: 'https://example.com/x.git#v1', repository: address })
    expect(await resolve({ given: 'https://example.com/x.git', workspace: '{ mode: mount-read-only }' })).toMatchObject({ ok: false, problem: expect.stringContaining('cannot be mounted') })
  })

  it('a file is no folder', async () => {
    expect(await resolve({ given: join(base, 'root/repo/README.md') })).toMatchObject({ ok: false, problem: expect.stringContaining('not a folder') })
  })

  it('the form is offered roots, and folders below them, and nothing else', async () => {
    mkdirSync(join(base, 'root/.hidden'))
    expect(await listWorkspaces(rules, null)).toEqual({ roots: [join(base, 'root')], folders: [{ path: join(base, 'root'), name: join(base, 'root'), isRepository: false }] })
    expect(await listWorkspaces(rules, join(base, 'root'))).toMatchObject({ folders: [{ name: 'other', isRepository: false }, { name: 'repo', isRepository: true }] })
    expect(await listWorkspaces(rules, join(base, 'outside'))).toHaveProperty('problem')
    expect(await listWorkspaces(rules, join(base, 'root/../outside'))).toHaveProperty('problem')
  })
})

describe('its folder', () => {
  async function prepare(o: { from: string | null, mode?: Manifest['workspace']['mode'], diskBytes?: number, signal?: AbortSignal, canMountReadOnly?: boolean, isMade?: boolean }) {
    const place = await choosePlace(join(base, 'data/workspaces'))
    return prepareWorkspace({
      place,
      runId: 'run-1',
      from: o.from,
      fetch: null,
      mode: o.mode ?? 'copy',
      limits: { diskBytes: o.diskBytes ?? 1e9 },
      canMountReadOnly: o.canMountReadOnly ?? true,
      protectedPaths: rules.protectedPaths,
      isMade: o.isMade ?? false,
      moving: null,
      signal: o.signal ?? new AbortController().signal,
    })
  }

  it('a copy has the files, modes, times and links, and belongs to the run\'s user alone', async () => {
    const repo = join(base, 'root/repo')
    writeFileSync(join(repo, 'src/tool.sh'), '#!/bin/sh\n', { mode: 0o755 })
    chmodSync(join(repo, 'src/tool.sh'), 0o4755)
    symlinkSync('/etc/passwd', join(repo, 'link'))
    execFileSync('mkfifo', [join(repo, 'pipe')])
    utimesSync(join(repo, 'README.md'), 1e9, 1e9)
    const prepared = await prepare({ from: repo })
    expect(prepared).toMatchObject({ ok: true, workspace: { how: 'copied', workspaceMode: 'read-write', files: 5, notice: null } })
    if (!prepared.ok)
      return
    const { workspacePath, homePath } = prepared.workspace
    expect(readFileSync(join(workspacePath, 'README.md'), 'utf8')).toBe('hello')
    expect(statSync(join(workspacePath, 'README.md')).mtimeMs).toBe(1e12)
    expect(statSync(join(workspacePath, 'src/tool.sh')).mode & 0o7777).toBe(0o755)
    expect(readlinkSync(join(workspacePath, 'link'))).toBe('/etc/passwd')
    expect(existsSync(join(workspacePath, 'pipe'))).toBe(false)
    for (const path of [workspacePath, homePath])
      expect(statSync(path).mode & 0o777).toBe(0o700)
    if (isRoot) {
      for (const path of [workspacePath, homePath, join(workspacePath, 'src/tool.sh'), join(workspacePath, 'link')])
        expect(lstatSync(path).uid).toBe(65534)
    }
  })

  it('names that are no text are copied, and removed again', async () => {
    execFileSync('sh', ['-c', 'printf x > "$(printf "bad\\377name")"'], { cwd: join(base, 'root/other') })
    const prepared = await prepare({ from: join(base, 'root/other') })
    expect(prepared).toMatchObject({ ok: true, workspace: { files: 1 } })
    expect(await removeTree(join(base, 'data/workspaces/run-1'))).toBeNull()
    expect(existsSync(join(base, 'data/workspaces/run-1'))).toBe(false)
  })

  it('a copy of a folder above the data folder leaves that out', async () => {
    const prepared = await prepare({ from: base })
    expect(prepared.ok).toBe(true)
    expect(existsSync(join(base, 'data/workspaces/run-1/workspace/root/repo/README.md'))).toBe(true)
    expect(existsSync(join(base, 'data/workspaces/run-1/workspace/data'))).toBe(false)
  })

  it('a folder above the data folder is mounted with that covered', async () => {
    const prepared = await prepare({ from: base, mode: 'mount-read-only' })
    expect(prepared).toMatchObject({ ok: true, workspace: { how: 'mounted', hidden: [{ path: 'data', kind: 'folder' }] } })
  })

  it('a folder that the run\'s user can read is mounted as it is', async () => {
    expect(await prepare({ from: join(base, 'root/repo'), mode: 'mount-read-only' }))
      .toMatchObject({ ok: true, workspace: { how: 'mounted', workspacePath: join(base, 'root/repo'), workspaceMode: 'read-only', notice: null } })
  })

  it('outside a sandbox nothing keeps a mounted folder from being written, so it is copied', async () => {
    expect(await prepare({ from: join(base, 'root/repo'), mode: 'mount-read-only', canMountReadOnly: false }))
      .toMatchObject({ ok: true, workspace: { how: 'copied', notice: expect.stringContaining('not in a sandbox') } })
  })

  it.runIf(isRoot)('a folder that the run\'s user cannot reach is copied instead of mounted, and that is said', async () => {
    chmodSync(join(base, 'root'), 0o700)
    expect(await canRead(join(base, 'root/repo'), runUser())).toBe(false)
    expect(await prepare({ from: join(base, 'root/repo'), mode: 'mount-read-only' }))
      .toMatchObject({ ok: true, workspace: { how: 'copied', notice: expect.stringContaining('cannot read') } })
  })

  it('a folder over the limit is refused, with the way out', async () => {
    writeFileSync(join(base, 'root/repo/big'), Buffer.alloc(2_000_000))
    expect(await prepare({ from: join(base, 'root/repo'), diskBytes: 1_000_000 }))
      .toMatchObject({ ok: false, reason: 'disk_limit', detail: expect.stringContaining('mount-read-only') })
  })

  it('a copy is stopped when the run is', async () => {
    expect(await prepare({ from: join(base, 'root/repo'), signal: AbortSignal.abort() })).toMatchObject({ ok: false, reason: 'cancelled' })
  })

  it('what an attempt before left is gone', async () => {
    await prepare({ from: join(base, 'root/repo') })
    expect(await prepare({ from: null })).toMatchObject({ ok: true, workspace: { how: 'empty' } })
    expect(existsSync(join(base, 'data/workspaces/run-1/workspace/README.md'))).toBe(false)
  })

  it('a tree made to be hard to remove is removed, and nothing that it links to', async () => {
    const hostile = join(base, 'hostile')
    mkdirSync(hostile)
    // 250 levels of 20 letters are longer than any path may be.
    const dig = 'for (let i = 0; i < 250; i++) { fs.mkdirSync("a".repeat(20)); process.chdir("a".repeat(20)) } fs.writeFileSync("deepest", "")'
    execFileSync(process.execPath, ['-e', dig], { cwd: hostile })
    execFileSync('sh', ['-c', `ln -s ${join(base, 'outside')} out; mkdir -p shut/in; touch shut/in/file; chmod 0 shut/in; chmod 0500 shut`], { cwd: hostile })
    expect(await removeTree(hostile)).toBeNull()
    expect(existsSync(hostile)).toBe(false)
    expect(readFileSync(join(base, 'outside/secret'), 'utf8')).toBe('canary')
  })

  it.runIf(isRoot)('where the run\'s user cannot come to the data folder, runs live among the temporary folders', async () => {
    chmodSync(join(base, 'data'), 0o700)
    const place = await choosePlace(join(base, 'data/workspaces'))
    expect(place.path.startsWith(tmpdir())).toBe(true)
    expect(statSync(place.path).mode & 0o777).toBe(0o711)
    expect(await choosePlace(join(base, 'data/workspaces'))).toEqual(place)
    rmSync(place.path, { recursive: true })
  })
})
