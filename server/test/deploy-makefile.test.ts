import type { ServerProcess } from './process-harness.ts'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findProgram } from '../src/executor/sandbox/programs.ts'
import { spawnProcess, startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const OF_THE_PROTOTYPE = ['validate', 'start-prod', 'docker-prod', 'docker-prod-logs', 'docker-prod-stop', 'health-check', 'metrics', 'backup-db', 'restore-db', 'monitor', 'security-scan', 'install-service', 'status', 'logs-service']
const OF_DEVELOPMENT = ['install', 'start', 'test', 'lint', 'format', 'format-check', 'dev', 'bench', 'clean', 'help']

const makefile = await readFile(join(PROJECT, 'Makefile'), 'utf8')

it('the Makefile has every target of the prototype and those of development, each with what it does', () => {
  const told = [...makefile.matchAll(/^([a-z-]+):.*## \S/gm)].map(([, name]) => name)
  expect(told).toEqual(expect.arrayContaining([...OF_THE_PROTOTYPE, ...OF_DEVELOPMENT]))
  const phony = [...makefile.matchAll(/^\.PHONY: (.*)$/gm)].map(([, name]) => name)
  expect(phony.sort()).toEqual(told.sort())
})

it('what its targets call is there', async () => {
  const files = [...makefile.matchAll(/(?<![\w/])(?:scripts|bin|deploy|docker-compose)[\w./-]*\.(?:mjs|yml)/g)].map(([path]) => path)
  expect(new Set(files).size).toBeGreaterThan(4)
  expect(files.filter(path => !existsSync(join(PROJECT, path)))).toEqual([])
  const { scripts } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  for (const [, script] of makefile.matchAll(/^\tnpm (?:run )?(\S+)$/gm))
    expect(scripts, script).toHaveProperty(script!)
  const { createProgram } = await import('../src/cli/program.ts')
  const commands = createProgram().commands.map(command => command.name())
  const asked = [...makefile.matchAll(/\$\(AGENTOS\) (\w+)/g)].map(([, name]) => name!)
  expect(asked.length).toBeGreaterThan(4)
  expect(asked.filter(name => !commands.includes(name))).toEqual([])
})

describe.each(testedMake())('%s', (make) => {
  async function ended(dataDir: string, ...args: string[]) {
    const spawned = spawnProcess(make, ['--no-print-directory', '-C', PROJECT, `NODE=${process.execPath}`, ...args], dataDir)
    const [code] = await spawned.exited
    return { code, stdout: spawned.stdout(), stderr: spawned.stderr() }
  }

  it('alone says what there is', async () => {
    const { code, stdout } = await ended(await temporaryFolder())
    expect(code).toBe(0)
    for (const target of [...OF_THE_PROTOTYPE, ...OF_DEVELOPMENT])
      expect(stdout).toMatch(new RegExp(`^  ${target} +\\S`, 'm'))
  })

  it.each([...OF_THE_PROTOTYPE, ...OF_DEVELOPMENT, 'docker-prod-monitoring', 'env'])('%s can be read without being done', async (target) => {
    const { code, stderr } = await ended(await temporaryFolder(), '-n', target, 'RESTORE=x')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  describe('with a server that runs here', () => {
    let server: ServerProcess
    let dataDir: string
    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'agentos-make-test-'))
      server = await startServerProcess(dataDir, { isShared: true })
    })
    afterAll(async () => {
      await server.stop()
      await rm(dataDir, { recursive: true })
    })

    it('validate says that everything is in place', async () => {
      expect(await ended(dataDir, 'validate')).toMatchObject({ code: 0, stdout: expect.stringContaining('data folder') })
    })

    it('health-check shows what it says of itself, and fails where nobody answers', async () => {
      const { code, stdout } = await ended(dataDir, 'health-check', `URL=${server.url}`)
      expect({ code, ...JSON.parse(stdout) as object }).toMatchObject({ code: 0, status: 'healthy', database: 'connected' })
      expect(await ended(dataDir, 'health-check', 'URL=http://127.0.0.1:1')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('http://127.0.0.1:1/health') })
    })

    it('metrics prints its metrics', async () => {
      expect(await ended(dataDir, 'metrics')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^agentos_agents_total \d+$/m) })
    })

    it('status shows its health and runs, and monitor does so again and again', async () => {
      expect(await ended(dataDir, 'status', `URL=${server.url}`)).toMatchObject({ code: 0, stdout: expect.stringContaining('"status":"healthy"') })
      const monitor = await ended(dataDir, 'monitor', `URL=${server.url}`, 'EVERY=0.1', 'ROUNDS=2')
      expect(monitor.stdout.match(/"status":"healthy"/g)).toHaveLength(2)
    }, 120_000)
  })

  it('the commands speak of the data of the service where there is one', async () => {
    const root = await temporaryFolder()
    const settings = join(root, 'agentos.env')
    await writeFile(settings, `AGENTOS_URL=http://127.0.0.1:1\n`)
    expect((await ended(root, '-n', 'metrics', 'SERVICE=', 'AGENTOS_DATA_DIR=')).stdout).toBe(`${process.execPath} bin/agentos.mjs metrics\n`)
    expect((await ended(root, '-n', 'metrics', `SERVICE=${settings}`, 'AGENTOS_DATA_DIR=')).stdout).toMatch(/^AGENTOS_DATA_DIR=\/var\/lib\/agentos /)
    expect(await ended(root, 'metrics', `SERVICE=${settings}`)).toMatchObject({ code: 2, stderr: expect.stringContaining('http://127.0.0.1:1') })
  })

  it('restore-db wants to know from which file', async () => {
    expect(await ended(await temporaryFolder(), 'restore-db')).toMatchObject({ code: 2, stderr: expect.stringContaining('expected a file, got none') })
  })

  it('install-service lays the units of this very folder, and a settings file that it never overwrites', async () => {
    const root = await temporaryFolder()
    const lay = () => ended(root, 'install-service', `DESTDIR=${root}/root`)
    const first = await lay()
    if (/^\/(?:home|root)\//.test(PROJECT)) {
      expect(first).toMatchObject({ code: 2, stderr: expect.stringContaining('put AgentOS into /opt/agentos') })
      return
    }
    expect(first).toMatchObject({ code: 0, stderr: '' })
    const units = join(root, 'root/etc/systemd/system')
    expect((await readdir(units)).sort()).toEqual(['agentos-server.service', 'agentos-worker@.service'])
    expect(await readFile(join(units, 'agentos-server.service'), 'utf8')).toContain(`WorkingDirectory=${PROJECT.replace(/\/$/, '')}\n`)
    const settings = join(root, 'root/etc/agentos/agentos.env')
    expect((await stat(settings)).mode & 0o777).toBe(0o600)
    await writeFile(settings, 'AGENTOS_PORT=4800\n')
    expect((await lay()).code).toBe(0)
    expect(await readFile(settings, 'utf8')).toBe('AGENTOS_PORT=4800\n')
  })
})

function testedMake(): string[] {
  const found = findProgram('make')
  if (found === null)
    console.warn('the Makefile is not run here: make is not installed')
  return found === null ? [] : [found]
}
