import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { spawnNode, startServerProcess } from '../../server/test/process-harness.ts'
import { temporaryFolder } from '../../server/test/server-harness.ts'

it('another service runs an agent on a folder and streams what it prints; asked again it finds the same run', async () => {
  const repository = await temporaryFolder()
  execFileSync('sh', ['-c', 'git init -q -b trunk && echo hello > a.txt && git add . && git -c user.name=A -c user.email=a@b commit -q -m "the first one"'], { cwd: repository })
  const server = await startServerProcess(await temporaryFolder())
  const service = spawnNode([join(import.meta.dirname, '../examples/report-service.ts')], server.dataDir, {
    env: { AGENTOS_URL: server.url, AGENTOS_API_KEY: server.credential, PORT: '0' },
  })
  const [, port] = /listening on (\d+)/.exec(await service.says(/listening on \d+\n/)) ?? []
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}/report?path=${encodeURIComponent(path)}`, { method: 'POST' })

  const first = await ask(repository)
  expect(await first.text()).toMatch(/branch +trunk\n[\s\S]+succeeded: completed\n$/)
  const second = await ask(repository)
  expect(await second.text()).toMatch(/branch +trunk\n[\s\S]+succeeded: completed\n$/)
  expect(first.headers.get('x-run-id')).toMatch(/^\w{20}$/)
  expect(second.headers.get('x-run-id')).toBe(first.headers.get('x-run-id'))

  const outside = await ask('/')
  expect(outside.status).toBe(400)
  expect(await outside.text()).toContain('outside the folders that runs may start from')
  await server.stop()
  const away = await ask(repository)
  expect(away.status).toBe(502)
  expect(await away.text()).toContain(`no AgentOS server answers at ${server.url}`)

  service.child.kill('SIGTERM')
  expect(await service.exited).toEqual([0, null])
})
