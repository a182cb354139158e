import type { AddressInfo } from 'node:net'
import type { RunEvent } from '../domain/event.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { openWorker } from '../../test/worker/open-worker.ts'

const output = (events: RunEvent[]) => events.map(({ type, data }) => type === 'step.output' ? (data as { text: string }).text : '').join('')
const ofType = (events: RunEvent[], type: RunEvent['type']) => events.filter(event => event.type === type).map(({ data }) => data)

/** Speaks to the proxy as any client does, with nothing but Perl. */
const get = (target: string) => `perl -MIO::Socket::INET -e '($p)=$ENV{HTTP_PROXY}=~m{//([^/]+)} or die "no proxy\\n"; $s=IO::Socket::INET->new(PeerAddr=>$p) or die "no way out\\n"; print $s "GET http://${target}/ HTTP/1.1\\r\\nHost: ${target}\\r\\n\\r\\n"; print <$s>'`

async function startOrigin(): Promise<number> {
  const server = createServer((_, response) => response.end('hello from outside'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port // listening on TCP
}

async function runIt(worker: Awaited<ReturnType<typeof openWorker>>, network: string, command: string, more: object = {}) {
  const { id } = await worker.run(`network: ${network}\nsteps:\n  - run: ${JSON.stringify(command)}`, more)
  const events = await worker.ended(id)
  return { events, run: await worker.view(id) }
}

it('a run reaches the hosts of its manifest and no others, and both are in its log', async () => {
  const port = await startOrigin()
  const worker = await openWorker({ network: { judge: () => 'public', resolve: async () => ['127.0.0.1'] } })
  const { events, run } = await runIt(worker, `["allowed.example:${port}"]`, `${get(`allowed.example:${port}`)}; ${get(`evil.example:${port}`)}; tail -n +3 /proc/net/dev`)
  expect(run).toMatchObject({ status: 'succeeded', isolation: 'sandbox' })
  expect(output(events)).toContain('hello from outside')
  expect(output(events)).toMatch(/AgentOS does not let this run connect to evil\.example/)
  expect(output(events)).not.toMatch(/eth|wlan/)
  expect(ofType(events, 'network.allowed')).toEqual([{ host: 'allowed.example', port, address: '127.0.0.1' }])
  expect(ofType(events, 'network.denied')).toEqual([{ host: 'evil.example', port, reason: 'the manifest does not list it' }])
  expect(ofType(events, 'sandbox.opened')).toMatchObject([{ network: [`allowed.example:${port}`] }])
  await expect.poll(worker.leftFolders).toEqual([])
})

it('with an open network a run reaches neither our own API nor anything else of this machine', async () => {
  const port = await startOrigin()
  const worker = await openWorker({ network: { apiPort: () => port } })
  const targets = ['127.0.0.1', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '2130706433']
  const { events, run } = await runIt(worker, 'open', targets.map(host => get(`${host}:${port}`)).join('; '))
  expect(run).toMatchObject({ status: 'succeeded' })
  expect(output(events)).not.toContain('hello from outside')
  expect(ofType(events, 'network.denied')).toHaveLength(targets.length)
  expect(ofType(events, 'sandbox.opened')).toMatchObject([{ network: 'open' }])
})

it('without a network of its own a list of hosts is refused, and what is said of the others is what holds', async () => {
  const worker = await openWorker()
  const { run } = await runIt(worker, '[example.com]', 'true', { isolation: 'process' })
  expect(run).toMatchObject({ status: 'failed', reason: 'refused', detail: expect.stringContaining('which level process cannot hold') })
  const { events } = await runIt(worker, 'none', 'true', { isolation: 'process' })
  expect(ofType(events, 'sandbox.opened')).toMatchObject([{ level: 'process', network: 'open' }])
  const { events: inSandbox } = await runIt(worker, 'none', 'env')
  expect(ofType(inSandbox, 'sandbox.opened')).toMatchObject([{ level: 'sandbox', network: 'none' }])
  expect(output(inSandbox)).not.toMatch(/proxy/i)
})
