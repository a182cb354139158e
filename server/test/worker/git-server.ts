import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface GitServer {
  port: number
  /** Each request: its path, and what it was sent to show who asks. */
  asked: { path: string, authorization: string | undefined }[]
  /** Makes a commit in a repository of the server, which it makes first if there is none; its id. */
  commit: (repository: string, files: Record<string, string | null>, more?: { branch?: string, tag?: string }) => string
  /** git in a work tree of that repository. */
  git: (repository: string, ...args: string[]) => string
  path: string
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => boolean

/** Repositories over the smart protocol: git's own CGI program behind a real socket. `before` may answer a request itself. */
export async function startGitServer(before: Answer = () => false): Promise<GitServer> {
  const path = mkdtempSync(join(tmpdir(), 'agentos-git-'))
  const asked: GitServer['asked'] = []
  const server = createServer((request, response) => {
    asked.push({ path: request.url!, authorization: request.headers.authorization })
    if (!before(request, response))
      serve(path, request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    rmSync(path, { recursive: true, force: true })
  })
  const git = (repository: string, ...args: string[]) => execFileSync('git', args, { cwd: join(path, repository), env: ENVIRONMENT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    path,
    asked,
    git,
    commit(repository, files, { branch, tag } = {}) {
      const folder = join(path, repository)
      execFileSync('mkdir', ['-p', folder])
      git(repository, 'init', '--quiet')
      if (branch)
        git(repository, 'checkout', '--quiet', '-B', branch)
      for (const [name, text] of Object.entries(files)) {
        if (text === null)
          continue
        execFileSync('/bin/sh', ['-c', 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', 'sh', name, text], { cwd: folder })
      }
      git(repository, 'add', '--all', '--force')
      git(repository, 'commit', '--quiet', '--allow-empty', '-m', 'a commit')
      if (tag)
        git(repository, 'tag', tag)
      return git(repository, 'rev-parse', 'HEAD')
    },
  }
}

const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  GIT_CONFIG_COUNT: '3',
  GIT_CONFIG_KEY_0: 'init.defaultBranch',
  GIT_CONFIG_VALUE_0: 'main',
  GIT_CONFIG_KEY_1: 'http.receivepack',
  GIT_CONFIG_VALUE_1: 'false',
  GIT_CONFIG_KEY_2: 'safe.directory',
  GIT_CONFIG_VALUE_2: '*',
}

/** RFC 3875, as far as git's program needs it. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, 'http://localhost')
  const child = spawn('git', ['http-backend'], {
    env: {
      ...ENVIRONMENT,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method!,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
  })
  child.stdin.on('error', () => {})
  request.pipe(child.stdin)
  response.on('close', () => child.kill())
  let head: Buffer | null = Buffer.alloc(0)
  child.stdout.on('data', (bytes: Buffer) => {
    if (head === null)
      return void response.write(bytes)
    head = Buffer.concat([head, bytes])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0)
      return
    const lines = head.subarray(0, end).toString().split('\r\n').map(line => line.split(': ') as [string, string]) // headers of a CGI program
    const status = lines.find(([name]) => name === 'Status')?.[1] ?? '200'
    response.writeHead(Number.parseInt(status), Object.fromEntries(lines.filter(([name]) => name !== 'Status')))
    response.write(head.subarray(end + 4))
    head = null
  })
  child.on('close', () => response.end())
}
