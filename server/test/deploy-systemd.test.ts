import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { findProgram } from '../src/executor/sandbox/programs.ts'

const FOLDER = fileURLToPath(new URL('../../deploy/systemd', import.meta.url))
const UNITS = ['agentos-server.service', 'agentos-worker@.service']
const unit = (name: string) => readFile(join(FOLDER, name), 'utf8')

it.each(UNITS)('%s lets runs end before it is killed, gives them control groups, and may make sandboxes', async (name) => {
  const text = await unit(name)
  expect(Number(/^TimeoutStopSec=(\d+)s$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(45)
  for (const line of ['KillMode=mixed', 'Delegate=yes', 'OOMPolicy=continue', 'NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'ProtectSystem=strict', 'User=agentos', 'Restart=on-failure'])
    expect(text.split('\n')).toContain(line)
  // Each of them would take the sandbox away.
  expect(text).not.toMatch(/^(?:RestrictNamespaces|ProtectKernelTunables|ProtectProc|ProcSubset|ProtectControlGroups|MemoryDenyWriteExecute|PrivateUsers)=/m)
})

it('server and worker are hardened alike', async () => {
  const hardening = async (name: string) => (await unit(name)).split('# Not root, and no way to become it.')[1]
  expect(await hardening(UNITS[1]!)).toBe(await hardening(UNITS[0]!))
})

describe.each(analyse())('by %s', (program) => {
  it.each(UNITS)('%s is understood without a warning', async (name) => {
    const { stdout, stderr } = await promisify(execFile)(program, ['verify', '--man=no', join(FOLDER, name)])
    expect(stdout + stderr).toBe('')
  })

  it.each(UNITS)('%s is at most as exposed as the documentation says', async (name) => {
    const { stdout } = await promisify(execFile)(program, ['security', '--offline=true', '--no-pager', join(FOLDER, name)])
    const exposure = Number(/Overall exposure level for .*: ([\d.]+)/.exec(stdout)?.[1])
    const documented = Number(/exposure level of both units is ([\d.]+)/.exec(await readFile(join(FOLDER, '../../docs/deployment.md'), 'utf8'))?.[1])
    expect(documented).toBeGreaterThan(0)
    expect(exposure).toBeLessThanOrEqual(documented)
  })
})

function analyse(): string[] {
  const found = findProgram('systemd-analyze')
  if (found === null)
    console.warn('the units are not verified here: systemd-analyze is not installed')
  return found === null ? [] : [found]
}
