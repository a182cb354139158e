import type { IncomingMessage, RequestOptions } from 'node:http'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findProgram } from '../src/executor/sandbox/programs.ts'
import { freePort } from '../src/store/develop/free-port.ts'
import { spawnProcess } from './process-harness.ts'

const SITE = fileURLToPath(new URL('../../nginx.conf', import.meta.url))

export const readSite = (): Promise<string> => readFile(SITE, 'utf8')

/** The nginx of this machine; where there is none nothing is tested with it, and that is said. */
export function testedNginx(): string[] {
  const found = findProgram('nginx')
  if (found !== null && findProgram('openssl') !== null)
    return [found]
  console.warn(`nginx.conf is not tested with an nginx here: ${found === null ? 'it' : 'openssl, which makes its certificate,'} is not installed`)
  return []
}

export interface Nginx {
  /** Of plain HTTP. */
  port: number
  /** Of TLS; 0 without. */
  tlsPort: number
  folder: string
  /** What it has said: errors and warnings. */
  said: () => string
  stop: () => Promise<void>
}

export interface NginxOptions {
  port?: number
  /** Where the server is that it stands before. */
  upstreamPort: number
  /** What holds for all of nginx unless the site says otherwise. */
  defaults?: string
  tls?: boolean
}

/** A real nginx with the site file of this project, whose ports and folders alone are others. Who starts it stops it. */
export async function startNginx(nginx: string, options: NginxOptions): Promise<Nginx> {
  const { port = await freePort(), tls = false } = options
  const tlsPort = tls ? await freePort() : 0
  const folder = await mkdtemp(join(tmpdir(), 'agentos-nginx-test-'))
  const site = await siteFor({ ...options, port, tlsPort, folder })
  await layOut(folder, site, options.defaults ?? '')
  if (tls)
    await makeCertificate(folder)
  const main = join(folder, 'main.conf')
  await promisify(execFile)(nginx, ['-t', '-q', '-e', 'stderr', '-p', folder, '-c', main])
  const spawned = spawnProcess(nginx, ['-e', 'stderr', '-p', folder, '-c', main], folder, { isShared: true })
  await answers(port, spawned.exited)
  return {
    port,
    tlsPort,
    folder,
    said: spawned.stderr,
    async stop() {
      spawned.child.kill('SIGTERM')
      await spawned.exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As an operator would take it: TLS as the file itself says. */
async function siteFor({ port, tlsPort, upstreamPort, folder, tls }: NginxOptions & { port: number, tlsPort: number, folder: string }): Promise<string> {
  const site = await readSite()
  const chosen = tls ? site.replace(/#tls /g, '').split('\n').filter(line => !line.endsWith('#plain')).join('\n') : site
  return chosen
    .replace('server 127.0.0.1:4700;', `server 127.0.0.1:${upstreamPort};`)
    .replace(/listen (80|443)( ssl http2)?;/g, (_, which: string, more = '') => `listen 127.0.0.1:${which === '80' ? port : tlsPort}${more};`)
    .replace(/listen \[::\]:(?:80|443).*;/g, '')
    .replaceAll('/etc/letsencrypt/live/agents.example.com/', `${folder}/`)
    .replaceAll('/var/log/nginx/', `${folder}/`)
    .replaceAll('/var/www/letsencrypt', join(folder, 'www'))
}

async function layOut(folder: string, site: string, defaults: string): Promise<void> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${folder}/tmp-${name};`)
  await mkdir(join(folder, 'www/.well-known/acme-challenge'), { recursive: true })
  await writeFile(join(folder, 'www/.well-known/acme-challenge/token'), 'token.thumbprint')
  await writeFile(join(folder, 'site.conf'), site)
  await writeFile(join(folder, 'main.conf'), [
    ...process.getuid?.() === 0 ? ['user root root;'] : [],
    'daemon off;',
    'master_process off;',
    `pid ${folder}/nginx.pid;`,
    'events {}',
    'http {',
    ...temporary,
    defaults,
    `include ${folder}/site.conf;`,
    '}',
    '',
  ].join('\n'))
}

async function makeCertificate(folder: string): Promise<void> {
  await promisify(execFile)('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-keyout', join(folder, 'privkey.pem'), '-out', join(folder, 'fullchain.pem'),
  ])
}

async function answers(port: number, ended: Promise<unknown>): Promise<void> {
  let hasEnded = false
  void ended.then(() => hasEnded = true)
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false)
    socket.destroy()
    if (isOpen)
      return
    if (hasEnded)
      throw new Error('nginx ended before it answered')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  /** Each header as often as it came. */
  names: string[]
  body: string
}

/** One request, from an address of this machine: all of 127.0.0.0/8 is. */
export async function ask({ port, tlsPort }: Pick<Nginx, 'port' | 'tlsPort'>, path: string, options: RequestOptions & { from?: string, body?: string, overTls?: boolean } = {}): Promise<Answer> {
  const { from = '127.0.0.1', body, overTls = false, ...rest } = options
  const send = overTls ? requestTls : request
  const outgoing = send({ host: '127.0.0.1', port: overTls ? tlsPort : port, path, localAddress: from, agent: false, rejectUnauthorized: false, ...rest })
  outgoing.end(body)
  const [response] = await once(outgoing, 'response') as [IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8'))
    text += chunk
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    names: response.rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase()),
    body: text,
  }
}

/** So many at once, from one address. */
export function askOften(nginx: Nginx, path: string, times: number, from: string, options: RequestOptions = {}): Promise<Answer[]> {
  return Promise.all(Array.from({ length: times }, () => ask(nginx, path, { ...options, from })))
}
