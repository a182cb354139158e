import type { RunEvent } from '../src/domain/event.ts'
import type { Answer } from './worker/git-server.ts'
import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { buffer as readBytes } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { parseHostPattern } from '../src/domain/host-pattern.ts'
import { findMarked, listProcesses } from '../src/executor/sandbox/processes.ts'
import { judgeHere } from '../src/network/decide.ts'
import { findWorkspaceFile } from '../src/store/workspace-files.ts'
import { startGitServer } from './worker/git-server.ts'
import { openWorker } from './worker/open-worker.ts'

/** Workspaces that are cloned: a real git, a real server of repositories on this machine, a real worker. */

const of = <T extends RunEvent['type']>(events: RunEvent[], type: T) => events.filter(event => event.type === type) as Extract<RunEvent, { type: T }>[]
const printed = (events: RunEvent[]) => of(events, 'step.output').map(({ data }) => data.text).join('')
const reason = (events: RunEvent[]) => of(events, 'run.ended')[0]!.data

/** Names lead to this machine; which of them may be reached is for the worker's settings to say. */
async function openGit(o: { before?: Answer, isNamed?: boolean } = {}) {
  const server = await startGitServer(o.before)
  const worker = await openWorker({
    network: {
      ...o.isNamed !== false && { gitPrivateHosts: [parseHostPattern(`git.test:${server.port}`)!] },
      judge: judgeHere,
      resolve: async host => ({ 'git.test': ['127.0.0.1'], 'inner.test': ['10.0.0.7'], 'meta.test': ['169.254.169.254'] })[host] ?? [],
    },
  })
  const address = (repository: string, ref = '') => `http://git.test:${server.port}/${repository}${ref}`
  const clone = async (workspace: string, { run = 'cat README.md; git log --format=%s', more = '', given }: { run?: string, more?: string, given?: string } = {}) => {
    const { id } = await worker.run(`steps:\n  - run: ${JSON.stringify(run)}\nworkspace: ${workspace}\n${more}`, given === undefined ? {} : { workspace: given })
    return { id, events: await worker.ended(id) }
  }
  return { server, worker, address, clone }
}

it('a workspace is cloned at the branch, tag or commit that is named, and the log says which commit it was', { timeout: 240_000 }, async () => {
  const { server, worker, address, clone } = await openGit()
  const first = server.commit('tools', { 'README.md': 'first' }, { tag: 'v1' })
  const second = server.commit('tools', { 'README.md': 'second', 'src/deep/a.txt': 'x' })
  const other = server.commit('tools', { 'README.md': 'other' }, { branch: 'feature/other' })
  server.git('tools', 'checkout', '--quiet', 'main')

  for (const [ref, commit, text] of [['', second, 'second'], ['#v1', first, 'first'], ['#feature/other', other, 'other'], [`#${first}`, first, 'first']] as const) {
    const { events } = await clone(`{ from: ${JSON.stringify(address('tools', ref))} }`)
    expect(reason(events)).toMatchObject({ reason: 'completed' })
    expect(printed(events)).toBe(`${text}a commit\n`)
    expect(of(events, 'workspace.prepared')[0]!.data).toMatchObject({ how: 'cloned', from: address('tools', ref), commit, mode: 'read-write' })
  }
  await expect.poll(worker.leftFolders).toEqual([])
})

it('what a run changes in a clone is kept, held against what was cloned', async () => {
  const { server, worker, address, clone } = await openGit()
  server.commit('tools', { 'README.md': 'before\n', 'same.txt': 'same' })
  const { id, events } = await clone(`{ from: ${JSON.stringify(address('tools'))} }`, { run: 'echo after > README.md; echo new > new.txt' })
  expect(of(events, 'workspace.kept')[0]!.data).toMatchObject({ added: 1, modified: 1, deleted: 0 })
  const changed = await findWorkspaceFile(worker.db, worker.actor.organisationId, id, 'README.md')
  expect(String(await readBytes((await worker.artifacts.read(changed!.beforeSha256!))!.stream()))).toBe('before\n')
})

it('a repository may be named for one run, and by an input', async () => {
  const { server, address, clone, worker } = await openGit()
  server.commit('tools', { 'README.md': 'given' })
  expect(printed((await clone('{}', { run: 'cat README.md', given: address('tools') })).events)).toBe('given')
  const { id } = await worker.run(`inputs: { repo: { type: string } }\nsteps: [{ run: cat README.md }]\nworkspace: { from: "http://git.test:${server.port}/{{inputs.repo}}" }`, { inputs: { repo: 'tools' } })
  expect(printed(await worker.ended(id))).toBe('given')
})

it('a token goes to the host that the manifest names and is nowhere else to be found', async () => {
  const { server, worker, address, clone } = await openGit({
    before(request, response) {
      if (request.headers.authorization === `Basic ${Buffer.from('x-access-token:canary-of-the-token').toString('base64')}`)
        return false
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return true
    },
  })
  server.commit('private', { 'README.md': 'private' })
  await worker.vault.set(worker.actor, 'GIT_TOKEN', 'canary-of-the-token')
  // eslint-disable-next-line no-template-curly-in-string -- the manifest's own notation
  const token = 'token: "${secrets.GIT_TOKEN}"'
  const own = await clone(`{ from: ${JSON.stringify(address('private'))}, ${token} }`, { more: 'secrets: [GIT_TOKEN]', run: 'cat README.md; cat .git/config; env; grep -r canary . || echo no canary' })
  expect(reason(own.events)).toMatchObject({ reason: 'completed' })
  expect(printed(own.events)).toMatch(/^private/)
  expect(printed(own.events)).toContain('no canary')
  expect(JSON.stringify(own.events)).not.toMatch(/canary-of-the-token|eC1hY2Nlc3M|\[secret GIT_TOKEN\]/)

  const without = await clone(`{ from: ${JSON.stringify(address('private'))} }`)
  expect(reason(without.events)).toMatchObject({ reason: 'refused', detail: expect.stringContaining('workspace.token') })

  server.asked.length = 0
  const elsewhere = await clone(`{ from: "https://example.com/x.git", ${token} }`, { more: 'secrets: [GIT_TOKEN]', given: address('private') })
  expect(reason(elsewhere.events)).toMatchObject({ reason: 'refused' })
  expect(server.asked.length).toBeGreaterThan(0)
  expect(server.asked.map(({ authorization }) => authorization)).toEqual(server.asked.map(() => undefined))
})

it('nothing of a repository runs while it is cloned, and nothing of it is followed', async () => {
  const { server, address, clone } = await openGit()
  server.commit('hostile', {
    'README.md': 'hostile',
    '.gitattributes': '* filter=evil\n',
    '.gitmodules': `[submodule "s"]\n\tpath = s\n\turl = ${address('secret')}\n`,
  })
  execFileSync('/bin/sh', ['-c', 'ln -s /etc/passwd outside; ln -s . loop; ln -s README.md inside; git add -A'], { cwd: `${server.path}/hostile` })
  server.git('hostile', 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},s`)
  server.git('hostile', '-c', 'user.name=x', 'commit', '--quiet', '-m', 'links')
  server.commit('secret', { 'README.md': 'never' })
  server.asked.length = 0
  const { events } = await clone(`{ from: ${JSON.stringify(address('hostile'))} }`, { run: 'ls -A | sort | tr "\\n" " "; readlink outside; ls -A s; git config --list --show-origin | grep -c hooks || true' })
  expect(reason(events)).toMatchObject({ reason: 'completed' })
  expect(printed(events)).toBe('.git .gitattributes .gitmodules README.md inside loop outside s /etc/passwd\n0\n')
  expect(server.asked.filter(({ path }) => path.includes('secret'))).toEqual([])
})

it('a host that is not named by the operator is never connected to where it is private, this machine, or without HTTPS', async () => {
  const { server, clone } = await openGit({ isNamed: false })
  server.commit('tools', { 'README.md': 'x' })
  const refusals: [string, string][] = [
    ['http://git.test:PORT/tools', 'does not use HTTPS'],
    ['https://git.test:PORT/tools', 'this machine itself'],
    ['https://127.0.0.1:PORT/tools', 'this machine itself'],
    ['https://inner.test/tools', 'a private network'],
    ['https://meta.test/tools', 'link-local'],
    ['https://169.254.169.254/latest', 'link-local'],
    ['https://metadata.google.internal/x', 'metadata'],
    ['https://nowhere.test/x', 'cannot be resolved'],
  ]
  for (const [url, words] of refusals) {
    const { events } = await clone(`{ from: ${JSON.stringify(url.replace('PORT', String(server.port)))} }`)
    expect(reason(events)).toMatchObject({ reason: 'refused', detail: expect.stringContaining(words) })
    expect(reason(events).detail).toContain('AGENTOS_GIT_PRIVATE_HOSTS')
  }
  expect(server.asked).toEqual([])
})

it('a redirect is not followed, whoever it leads to', async () => {
  const { server, address, clone } = await openGit({
    before(request, response) {
      if (!request.url!.startsWith('/moved'))
        return false
      response.writeHead(302, { location: request.url!.replace('/moved', '/tools') }).end()
      return true
    },
  })
  server.commit('tools', { 'README.md': 'x' })
  const { events } = await clone(`{ from: ${JSON.stringify(address('moved'))} }`)
  expect(reason(events)).toMatchObject({ reason: 'refused', detail: expect.stringContaining('redirected') })
  expect(server.asked.filter(({ path }) => path.startsWith('/tools'))).toEqual([])
})

it('what is missing is said: the repository, the branch, a commit at all', async () => {
  const { server, address, clone } = await openGit()
  server.commit('tools', { 'README.md': 'x' })
  execFileSync('/bin/sh', ['-c', 'mkdir empty && git init --quiet empty'], { cwd: server.path })
  const detail = async (repository: string, ref = '') => reason((await clone(`{ from: ${JSON.stringify(address(repository, ref))} }`)).events)
  expect(await detail('nothing')).toMatchObject({ reason: 'refused', detail: expect.stringContaining('there is no repository') })
  expect(await detail('tools', '#nope')).toMatchObject({ reason: 'refused', detail: expect.stringContaining('no branch, tag or commit nope') })
  expect(await detail('tools', `#${'1'.repeat(40)}`)).toMatchObject({ reason: 'refused', detail: expect.stringContaining('no branch, tag or commit') })
  expect(await detail('empty')).toMatchObject({ reason: 'refused', detail: expect.stringContaining('no commit yet') })
})

it('a repository that is larger than the run may be, or a tree without an end, ends it before it is written', { timeout: 240_000 }, async () => {
  const { server, worker, address, clone } = await openGit()
  server.commit('large', { 'zeros.txt': '0'.repeat(100) })
  execFileSync('/bin/sh', ['-c', 'head -c 30000000 /dev/zero > zeros.bin; git add -A; git -c user.name=x -c user.email=y commit -qm large'], { cwd: `${server.path}/large` })
  const large = await clone(`{ from: ${JSON.stringify(address('large'))} }`, { more: 'limits: { disk: 10MiB }' })
  expect(reason(large.events)).toMatchObject({ reason: 'disk_limit', detail: expect.stringContaining('larger than 10 MiB') })

  // Ten trees, each ten times the one below: 10^10 files of one blob.
  server.commit('bomb', { 'README.md': 'x' })
  execFileSync('/bin/sh', ['-c', `
    object=$(printf x | git hash-object -w --stdin); kind="100644 blob"
    for level in 1 2 3 4 5 6 7 8 9 10; do
      object=$(for name in 0 1 2 3 4 5 6 7 8 9; do printf '%s %s\\t%s\\n' "$kind" "$object" "$name"; done | git mktree); kind="040000 tree"
    done
    git update-ref refs/heads/main $(git -c user.name=x -c user.email=y commit-tree -m bomb "$object")`], { cwd: `${server.path}/bomb` })
  const bomb = await clone(`{ from: ${JSON.stringify(address('bomb'))} }`)
  expect(reason(bomb.events)).toMatchObject({ reason: 'disk_limit', detail: expect.stringContaining('more than 200000 files') })
  await expect.poll(worker.leftFolders).toEqual([])
})

it('a server that says nothing ends with the stop of the run, and leaves no process', async () => {
  const silent = Promise.withResolvers<void>()
  const { address, worker } = await openGit({
    before() {
      silent.resolve()
      return true
    },
  })
  const { id } = await worker.run(`steps: [{ run: "true" }]\nworkspace: { from: ${JSON.stringify(address('tools'))} }`)
  await silent.promise
  expect(findMarked(`AGENTOS_RUN=${id}`, listProcesses()).length).toBeGreaterThan(0)
  await worker.stopRun(id)
  expect(reason(await worker.ended(id))).toMatchObject({ reason: 'cancelled' })
  await expect.poll(() => findMarked(`AGENTOS_RUN=${id}`, listProcesses())).toEqual([])
})

it('a clone that broke off is made again by the next attempt', async () => {
  let tries = 0
  const { server, address, worker } = await openGit({
    before(request, response) {
      if (request.url!.includes('git-upload-pack') && request.method === 'POST' && tries++ === 0) {
        response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' }).write('0008NAK\n')
        setTimeout(() => response.destroy(), 20)
        return true
      }
      return false
    },
  })
  server.commit('tools', { 'README.md': 'at last' })
  const { id } = await worker.run(`steps: [{ run: cat README.md }]\nworkspace: { from: ${JSON.stringify(address('tools'))} }\nretry: { attempts: 3, delay: 100ms }`)
  const events = await worker.ended(id)
  expect(of(events, 'run.retry_scheduled')[0]!.data.detail).toContain('could not be cloned')
  expect(printed(events)).toBe('at last')
})
