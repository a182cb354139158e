import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv, promisify } from 'node:util'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { spawnProcess, startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

interface Service {
  image?: string
  restart?: string
  ports?: string[]
  volumes?: string[]
  networks?: string[]
  profiles?: string[]
  healthcheck?: { test: string[], interval: string, timeout: string, retries: number }
  deploy?: { resources?: { limits?: Record<string, string | number> } }
  logging?: { options?: Record<string, string> }
  security_opt?: string[]
  cap_add?: string[]
  cap_drop?: string[]
  privileged?: boolean
  depends_on?: Record<string, { condition: string }>
  secrets?: string[]
}

interface Compose {
  services: Record<string, Service>
  networks: Record<string, unknown>
  volumes: Record<string, unknown>
  secrets: Record<string, { environment: string }>
}

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFile(join(PROJECT, path), 'utf8')
const text = await read('docker-compose.prod.yml')
const compose = parse(text, { merge: true }) as Compose // what is in it is what the tests are about
const services = Object.entries(compose.services)

it.each(services)('%s is watched, bounded, restarted, and its log is rotated', (_, service) => {
  expect(service.healthcheck).toMatchObject({ test: expect.any(Array), interval: expect.any(String), timeout: expect.any(String), retries: expect.any(Number) })
  expect(service.deploy?.resources?.limits).toMatchObject({ cpus: expect.any(String), memory: expect.stringMatching(/^\d+[MG]$/), pids: expect.any(Number) })
  expect(service.logging?.options).toEqual({ 'max-size': '10m', 'max-file': '5' })
  expect(service.restart).toBe('unless-stopped')
  expect(service.security_opt).toContain('no-new-privileges:true')
  expect(service.privileged).toBeUndefined()
  expect(service.image).toMatch(/:(?!latest$)/)
})

it('nginx alone has ports for others; Grafana, which is optional, is for this machine', () => {
  const published = services.filter(([, { ports }]) => ports)
  expect(published.map(([name]) => name).sort()).toEqual(['grafana', 'nginx'])
  expect(compose.services.grafana).toMatchObject({ profiles: ['monitoring'], ports: [expect.stringMatching(/^127\.0\.0\.1:/)] })
  expect(compose.services.prometheus?.profiles).toEqual(['monitoring'])
})

it('nobody but nginx comes to a server from outside, and PostgreSQL has no way out', () => {
  expect(compose.networks.data).toEqual({ internal: true })
  expect(compose.services.postgres?.networks).toEqual(['data'])
  expect(services.filter(([, { networks }]) => networks?.includes('edge')).map(([name]) => name)).toEqual(['nginx', 'server'])
})

it('our own processes have no capability and a root that cannot be written; none of all gains one', () => {
  for (const name of ['server', 'worker'])
    expect(compose.services[name]).toMatchObject({ cap_drop: ['ALL'], read_only: true })
  expect(services.filter(([, { cap_add }]) => cap_add)).toEqual([['nginx', expect.objectContaining({ cap_drop: ['ALL'] })]])
  const loosened = services.filter(([, { security_opt }]) => security_opt?.some(option => /seccomp|apparmor|systempaths/.test(option)))
  expect(loosened.map(([name]) => name)).toEqual(['worker'])
})

it('names no secret, and does not start without one', () => {
  for (const name of ['POSTGRES_PASSWORD', 'AGENTOS_SECRET_KEY', 'AGENTOS_METRICS_TOKEN'])
    expect(text).toMatch(new RegExp(`\\$\\{${name}:\\?`))
  expect(text).not.toMatch(/(?:PASSWORD|SECRET_KEY|TOKEN): (?!\$\{)/)
})

it('everything that it mounts, uses and waits for is there', async () => {
  const named = new Set([...Object.keys(compose.volumes), 'none'])
  for (const [name, { volumes = [], networks = [], depends_on = {}, secrets = [], security_opt = [] }] of services) {
    const sources = volumes.filter(volume => volume.includes(':')).map(volume => volume.replace(/^\$\{[A-Z_]+:-(.*?)\}/, '$1').split(':')[0]!)
    for (const source of [...sources, ...security_opt.flatMap(option => /^seccomp:(.*)/.exec(option)?.[1] ?? [])])
      expect(source.startsWith('./') ? existsSync(join(PROJECT, source)) : named.has(source), `${name}: ${source}`).toBe(true)
    expect(networks.filter(network => !(network in compose.networks)), name).toEqual([])
    expect(secrets.filter(secret => !(secret in compose.secrets)), name).toEqual([])
    for (const [other, { condition }] of Object.entries(depends_on))
      expect(compose.services[other]?.healthcheck !== undefined && condition === 'service_healthy', `${name} waits for ${other}`).toBe(true)
  }
})

it('the list of system calls lets bubblewrap do its work, and refuses the kernel\'s own affairs', async () => {
  const { defaultAction, syscalls } = JSON.parse(await read('deploy/docker/seccomp-worker.json')) as { defaultAction: string, syscalls: { names: string[], action: string }[] }
  const refused = syscalls.flatMap(({ names, action }) => action === 'SCMP_ACT_ERRNO' ? names : [])
  expect(defaultAction).toBe('SCMP_ACT_ALLOW')
  expect(refused).toEqual(expect.arrayContaining(['bpf', 'kexec_load', 'init_module', 'keyctl', 'perf_event_open', 'open_by_handle_at', 'io_uring_setup', 'reboot']))
  expect(refused.filter(name => ['clone', 'clone3', 'unshare', 'mount', 'umount2', 'pivot_root', 'execve', 'openat', 'prctl', 'seccomp'].includes(name))).toEqual([])
})

it('the image is built with the versions of the project, by nobody\'s root, and copies what there is', async () => {
  const dockerfile = await read('deploy/docker/Dockerfile')
  const project = await read('scripts/project.mjs')
  expect([...dockerfile.matchAll(/npx -y (pnpm@\S+)/g)].map(([, pnpm]) => pnpm)).toEqual(Array.from({ length: 2 }, () => /PNPM = '(.*)'/.exec(project)![1]))
  expect(dockerfile).toMatch(/^USER 10001:10001$/m)
  expect(dockerfile).toMatch(/^HEALTHCHECK .*CMD \["node", "deploy\/docker\/health.mjs"\]$/m)
  expect(dockerfile).toMatch(/^ENTRYPOINT \["\/usr\/bin\/tini", "--"\]$/m)
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(?:--chmod=\S+ )?(.+) \S+$/gm)].flatMap(([, paths]) => paths!.split(' '))
  expect(copied.filter(path => !existsSync(join(PROJECT, path)))).toEqual([])
  expect((await read('.dockerignore')).split('\n')).toEqual(expect.arrayContaining(['.env', '.git', 'data', '**/node_modules']))
})

it('what starts nginx in a container makes of the site file what it says', async () => {
  const folder = await temporaryFolder()
  const script = (await read('deploy/docker/nginx.sh')).replace('/etc/nginx/conf.d', folder).replaceAll('/agentos/', PROJECT).replace(/^exec nginx.*$/m, '')
  await writeFile(join(folder, 'nginx.sh'), script)
  const make = async (env: Record<string, string>) => {
    await promisify(execFile)('sh', [join(folder, 'nginx.sh')], { env: { PATH: process.env.PATH, ...env } })
    return readFile(join(folder, 'agentos.conf'), 'utf8')
  }
  const plain = await make({})
  expect(plain).toContain('zone agentos 64k; resolver 127.0.0.11 valid=5s; server server:4700 resolve;')
  expect(plain).not.toContain('127.0.0.1:4700')
  expect(plain).toContain('listen 80; #plain')
  const tls = await make({ AGENTOS_TLS_NAME: 'box.example.org' })
  expect(tls.match(/server_name box\.example\.org;/g)).toHaveLength(2)
  expect(tls).toMatch(/^\s*listen 443 ssl/m)
  expect(tls).toContain('/etc/letsencrypt/live/agents.example.com/fullchain.pem')
  expect(tls).not.toMatch(/#plain$|^\s*#tls \S/m)
  await expect(make({ AGENTOS_TLS_NAME: 'a;b' })).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('AGENTOS_TLS_NAME: expected the name that people open') })
})

it('the check of a container\'s health says yes to a server that is ready, and why not to one that is not', async () => {
  const folder = await temporaryFolder()
  const server = await startServerProcess(folder)
  const check = async (port: string, ...args: string[]) => {
    const spawned = spawnProcess(process.execPath, [join(PROJECT, 'deploy/docker/health.mjs'), ...args], folder, { env: { AGENTOS_PORT: port } })
    const [code] = await spawned.exited
    return { code, stdout: spawned.stdout(), stderr: spawned.stderr() }
  }
  const { port } = new URL(server.url)
  expect(await check(port)).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(JSON.parse((await check('1', `${server.url}/health`)).stdout)).toMatchObject({ status: 'healthy' })
  await server.stop()
  expect(await check(port)).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining('ECONNREFUSED') })
})

it('make-env writes keys once, for their owner alone, and keeps what is there', async () => {
  const folder = await temporaryFolder()
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, '.env.example'), await read('.env.example'))
  const make = async () => (await promisify(execFile)(process.execPath, [join(PROJECT, 'deploy/docker/make-env.mjs')], { cwd: folder })).stdout
  expect(await make()).toBe('.env: made POSTGRES_PASSWORD, AGENTOS_SECRET_KEY, AGENTOS_METRICS_TOKEN, GRAFANA_PASSWORD\n')
  const first = parseEnv(await readFile(join(folder, '.env'), 'utf8'))
  expect(first).toMatchObject({ POSTGRES_PASSWORD: expect.stringMatching(/^[0-9a-f]{48}$/), AGENTOS_SECRET_KEY: expect.stringMatching(/^[0-9a-f]{48}$/), AGENTOS_MAX_AGENTS: '20' })
  await writeFile(join(folder, '.env'), `AGENTOS_PORT=1\nAGENTOS_SECRET_KEY=${'k'.repeat(40)}`)
  expect(await make()).toBe('.env: made POSTGRES_PASSWORD, AGENTOS_METRICS_TOKEN, GRAFANA_PASSWORD\n')
  expect(parseEnv(await readFile(join(folder, '.env'), 'utf8'))).toMatchObject({ AGENTOS_PORT: '1', AGENTOS_SECRET_KEY: 'k'.repeat(40), POSTGRES_PASSWORD: expect.stringMatching(/^.{48}$/) })
  expect(await make()).toBe('.env: has all keys already\n')
})
