import type { GitAddress } from '../../domain/git-address.ts'
import type { EndReason } from '../../domain/run.ts'
import type { NetworkSettings } from '../run-network.ts'
import type { GitHost } from './git-host.ts'
import type { RunUser } from './place.ts'
import type { GitCall, GitEnd } from './run-git.ts'
import { Buffer } from 'node:buffer'
import { isIPv6 } from 'node:net'
import { isCommitId, writeGitAddress } from '../../domain/git-address.ts'
import { measureDisk } from '../../executor/sandbox/disk-use.ts'
import { findProgram } from '../../executor/sandbox/programs.ts'
import { findGitHost } from './git-host.ts'
import { runGit } from './run-git.ts'

export interface CloneOptions {
  runId: string
  address: GitAddress
  /** An empty folder of `user`'s. */
  to: string
  user: RunUser
  /** A token, or `name:password`; null: it is anybody's. */
  token: string | null
  settings: NetworkSettings
  maxBytes: number
  maxFiles: number
  signal: AbortSignal
}

export type CloneOutcome = { ok: true, commit: string } | { ok: false, reason: EndReason, detail: string, canPass: boolean }

const CLONE_MS = 300_000
const LOOK_MS = 500
/** Before it a name could be asked for a second time, and lead elsewhere then. */
const OLDEST = [2, 37]

/**
 * One commit of a repository and nothing else: no history, no other branch, no submodule, no hook, no filter. What it will become is
 * counted before any file of it is written. It connects to the addresses that were decided upon; a redirect is not followed.
 */
export async function cloneRepository(o: CloneOptions): Promise<CloneOutcome> {
  const git = findProgram('git')
  if (!git)
    return refused(o, 'git is not installed on this machine')
  const host = await findGitHost(new URL(o.address.url), o.settings)
  if (!host.ok)
    return refused(o, host.problem.replace(/\.$/, ''))
  const bounds = boundsOf(o)
  try {
    return await clone(git, o, host, bounds)
  }
  finally {
    bounds.release()
  }
}

async function clone(git: string, o: CloneOptions, host: Extract<GitHost, { ok: true }>, bounds: Bounds): Promise<CloneOutcome> {
  const { runId, address, to, user, maxBytes, maxFiles } = o
  const protocol = new URL(address.url).protocol.slice(0, -1)
  const call: GitCall = { runId, cwd: to, user, protocol, settings: [], maxFileBytes: maxBytes, signal: bounds.signal }
  const version = await runGit(git, ['version'], call)
  if (isOlder(version.output))
    return refused(o, `git ${OLDEST.join('.')} or newer is needed, and this machine has ${version.output.trim() || 'none that answers'}`)

  const fetched = await fetchCommit(git, { ...call, settings: networkSettings(o, host) }, address)
  if (!fetched.isOk)
    return bounds.why() ?? whyNotFetched(o, fetched)

  const counted = { files: 0, bytes: 0 }
  const listed = await runGit(git, ['ls-tree', '-r', '-l', '-z', 'HEAD'], { ...call, onOutput: countInto(counted, { maxBytes, maxFiles }) })
  if (counted.files > maxFiles || counted.bytes > maxBytes)
    return tooLarge(o, counted.files > maxFiles ? `has more than ${maxFiles} files` : `is larger than ${inMiB(maxBytes)}`)
  if (/Not a valid object name/.test(listed.words))
    return refused(o, 'it has no commit yet')
  const checkedOut = listed.isOk ? await runGit(git, ['checkout', '--quiet', '--force', ...(isDetached(address) ? ['--detach', 'HEAD'] : [])], call) : listed
  if (!checkedOut.isOk)
    return bounds.why() ?? broken(o, checkedOut)
  const head = await runGit(git, ['rev-parse', 'HEAD'], call)
  const commit = head.output.trim()
  return isCommitId(commit) ? { ok: true, commit } : bounds.why() ?? broken(o, head)
}

/** A commit by its id is asked for as such; a name may be a branch, which is then the current one, or a tag. */
async function fetchCommit(git: string, call: GitCall, { url, ref }: GitAddress): Promise<GitEnd> {
  const only = ['--quiet', '--depth', '1', '--no-tags']
  if (ref === null || !isCommitId(ref))
    return runGit(git, ['clone', ...only, '--no-checkout', '--single-branch', '--no-recurse-submodules', '--template=', ...(ref === null ? [] : ['--branch', ref]), '--', url, '.'], call)
  for (const args of [['init', '--quiet', '--template='], ['remote', 'add', 'origin', url], ['fetch', ...only, '--no-recurse-submodules', 'origin', ref]]) {
    const done = await runGit(git, args, call)
    if (!done.isOk)
      return done
  }
  return runGit(git, ['update-ref', '--no-deref', 'HEAD', ref], call)
}

function isDetached({ ref }: GitAddress): boolean {
  return ref !== null && isCommitId(ref)
}

function networkSettings({ token, address }: CloneOptions, { host, port, addresses }: Extract<GitHost, { ok: true }>): GitCall['settings'] {
  const found = addresses.map(one => isIPv6(one) ? `[${one}]` : one).join(',')
  const credential = token === null ? null : Buffer.from(token.includes(':') ? token : `x-access-token:${token}`).toString('base64')
  return [
    ['http.proxy', ''],
    ['http.curloptResolve', `${host}:${port}:${found}`],
    ...credential === null ? [] : [[`http.${new URL(address.url).origin}/.extraHeader`, `Authorization: Basic ${credential}`] satisfies [string, string]],
  ]
}

/** Lines of `mode type id size<TAB>path`, each ended by NUL: counted as they come, so that a tree of endless files costs no more than its first ones. */
function countInto(counted: { files: number, bytes: number }, { maxBytes, maxFiles }: { maxBytes: number, maxFiles: number }): (chunk: string) => boolean {
  let rest = ''
  return (chunk) => {
    const lines = `${rest}${chunk}`.split('\0')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      counted.files++
      counted.bytes += Number(/^\d+ \w+ \w+ +(\d+)\t/.exec(line)?.[1] ?? 0)
    }
    return counted.files <= maxFiles && counted.bytes <= maxBytes && rest.length < 100_000
  }
}

interface Bounds {
  signal: AbortSignal
  /** Why it was ended from outside; null when it was not. */
  why: () => CloneOutcome | null
  release: () => void
}

/** Ends it when it takes too long, or has filled more of the disk than the run may; looks while it works. */
function boundsOf(o: CloneOptions): Bounds {
  const full = new AbortController()
  const late = AbortSignal.timeout(CLONE_MS)
  const signal = AbortSignal.any([o.signal, late, full.signal])
  let timer: NodeJS.Timeout | undefined
  const look = async () => {
    const bytes = await measureDisk([o.to])
    if (bytes !== null && bytes > o.maxBytes)
      full.abort()
    else if (!signal.aborted)
      timer = setTimeout(() => void look(), LOOK_MS)
  }
  timer = setTimeout(() => void look(), LOOK_MS)
  return {
    signal,
    why() {
      if (o.signal.aborted)
        return { ok: false, reason: 'cancelled', detail: 'stopped while its repository was cloned', canPass: false }
      if (full.signal.aborted)
        return tooLarge(o, `is larger than ${inMiB(o.maxBytes)}`)
      return late.aborted ? { ok: false, reason: 'error', detail: `${said(o)}: it took longer than ${CLONE_MS / 1000} s.`, canPass: true } : null
    },
    release() {
      full.abort()
      clearTimeout(timer)
    },
  }
}

function whyNotFetched(o: CloneOptions, { words }: GitEnd): CloneOutcome {
  if (/signal 25|File too large|File size limit/.test(words))
    return tooLarge(o, `is larger than ${inMiB(o.maxBytes)}`)
  if (/Authentication failed|could not read (?:Username|Password)|returned error: (?:401|403)/.test(words))
    return refused(o, o.token === null ? 'it asks for a name and a password: store a token with agentos secret set, and name it as workspace.token' : 'it does not take the token that workspace.token names')
  if (/returned error: 404|not found|Repository not found/i.test(words) && !/Remote branch/.test(words))
    return refused(o, 'there is no repository at this address, or it is not for everybody (workspace.token names a secret with a token)')
  if (/Remote branch .* not found|couldn't find remote ref|not our ref/.test(words))
    return refused(o, `it has no branch, tag or commit ${o.address.ref}`)
  if (/redirect/i.test(words) || /returned error: 30\d/.test(words))
    return refused(o, 'it is redirected elsewhere, which is not followed: name the address that it leads to')
  return broken(o, { words }, true)
}

function tooLarge(o: CloneOptions, what: string): CloneOutcome {
  return { ok: false, reason: 'disk_limit', detail: `The repository ${writeGitAddress(o.address)} ${what}. limits.disk says how much a run may have.`, canPass: false }
}

function refused(o: CloneOptions, why: string): CloneOutcome {
  return { ok: false, reason: 'refused', detail: `${said(o)}: ${why}.`, canPass: false }
}

function broken(o: CloneOptions, { words }: Pick<GitEnd, 'words'>, canPass = false): CloneOutcome {
  const lines = words.split('\n').map(line => line.trim()).filter(Boolean)
  const line = lines.findLast(one => /^(?:fatal|error):/.test(one)) ?? lines.at(-1) ?? 'git said nothing'
  return { ok: false, reason: 'error', detail: `${said(o)}: ${line.replace(/^(?:fatal|error): /, '').slice(0, 500)}${line.endsWith('.') ? '' : '.'}`, canPass }
}

function said({ address }: CloneOptions): string {
  return `The repository ${writeGitAddress(address)} could not be cloned`
}

function isOlder(words: string): boolean {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(words) ?? []
  const [oldestMajor, oldestMinor] = OLDEST as [number, number]
  return Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor)
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}
