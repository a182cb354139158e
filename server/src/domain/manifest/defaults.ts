import type { RunLimits } from '../views/run.ts'
import type { Manifest } from './manifest.ts'

/** What a manifest that says nothing gets (manifest.md). */

export const DEFAULT_LIMITS: RunLimits = {
  timeMs: 30 * 60_000,
  steps: 50,
  memoryBytes: 1024 ** 3,
  outputBytes: 10 * 1024 ** 2,
  diskBytes: 1024 ** 3,
  processes: 64,
  files: 1024,
  cpu: 1,
  cpuTimeMs: null,
  tokens: null,
  costUsd: null,
}

/**
 * Commands that no agent has a good reason to run. A manifest's own `commands.deny` takes the place of this list.
 * It catches the slip and the careless model; whoever wants past it gets past it, and then meets the sandbox.
 */
export const DEFAULT_DENY: string[] = [
  // Become somebody else.
  'sudo',
  'su',
  'doas',
  'pkexec',
  // Lose everything at once: the root, what stands directly in it, the home folder.
  'rm -r /*',
  'rm -r ~',
  'rm -r $HOME',
  'find / -delete',
  'chmod -R * /',
  'chown -R * /',
  // Write to a disk itself.
  'mkfs',
  'mkfs.*',
  'wipefs',
  'fdisk',
  'parted',
  'dd of=/dev/sd*',
  'dd of=/dev/nvme*',
  'dd of=/dev/vd*',
  'dd of=/dev/disk*',
  'dd of=/dev/mapper/**',
  // Turn the machine off.
  'shutdown',
  'reboot',
  'halt',
  'poweroff',
  'init 0',
  'init 6',
]

export const DEFAULT_TOOLS: Manifest['tools'] = ['shell', 'files']

export const DEFAULT_APPROVALS: Manifest['approvals'] = { shell: null, files: 'auto', fetch: 'ask', mcp: 'ask', agent: 'ask', costUsd: null, expiresMs: 7 * 86_400_000 }

export const DEFAULT_RETRY: Manifest['retry'] = { attempts: 1, delayMs: 1000, maxDelayMs: 30_000, factor: 2, jitter: true }

export const DEFAULT_MCP_TIMEOUT_MS = 60_000

export const DEFAULT_STEP_RETRY_DELAY_MS = 1000

export const DEFAULT_WORKSPACE: Manifest['workspace'] = { from: null, mode: 'copy', keep: 'changed' }

export const DEFAULT_CONCURRENCY_PER: Manifest['concurrencyPer'] = { user: null, key: null, keyTemplate: null }

export const DEFAULT_SCHEDULE: Omit<NonNullable<Manifest['schedule']>, 'onceAtMs'> = {
  cron: null,
  everyMs: null,
  timezone: 'UTC',
  overlap: 'skip',
  catchUp: 'last',
  catchUpWindowMs: 86_400_000,
  task: '',
}
