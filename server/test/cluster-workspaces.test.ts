import type { Cluster } from './cluster-harness.ts'
import { rm } from 'node:fs/promises'
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listProcesses } from '../src/executor/sandbox/processes.ts'
import { followToEnd, openCluster, until } from './cluster-harness.ts'
import { connect } from './server-harness.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await openCluster()
})
afterAll(() => cluster.stop())

const CANARY = 'tk-canary-in-the-workspace'
const MANIFEST = `name: moves
isolation: process
effects: ask
secrets: [TOKEN]
steps:
  - name: make
    secrets: [TOKEN]
    run: |
      mkdir -p deep/er; printf one > deep/er/file; printf '#!/bin/sh\\necho ran\\n' > tool; chmod 750 tool; ln -s deep/er/file link; ln -s /nowhere broken
      printf x > "$(printf 'odd\\377\\nname')"; mkfifo pipe; chmod 500 deep; echo "$TOKEN" > token; echo at-home > ~/home; touch -d '2001-02-03 04:05:06' old
  - name: deploy
    run: 'echo begun; [ "$AGENTOS_ATTEMPT" -gt 1 ] || sleep 300'
  - name: look
    run: |
      cat deep/er/file; ./tool; readlink link broken; stat -c '%a %n' deep tool; stat -c %Y old; cat ~/home; printf 'odd\\377\\nname' | xargs -0 -I{} cat {}; wc -c < token; echo more > more
`

it('a run that is parked on one machine goes on on another with the same files, when the first one is gone with its disk', { timeout: 120_000 }, async () => {
  const server = await cluster.server()
  const client = connect(server)
  await client.secrets.set.mutate({ name: 'TOKEN', value: CANARY })
  const first = await cluster.worker()
  const { id } = await client.runs.submit.mutate({ manifest: { source: MANIFEST } })
  await until(async () => (await client.events.list.query({ runId: id })).some(event => event.type === 'step.output' && event.data.text.includes('begun')))
  for (const { pid } of listProcesses().filter(({ parent }) => parent === first.child.pid))
    process.kill(pid, 'SIGKILL') // its executor
  await until(async () => (await client.runs.get.query({ run: id })).status === 'waiting')
  const parked = await client.runs.files.query({ run: id })
  expect(parked.files.map(({ path }) => path)).toEqual(expect.arrayContaining(['deep/er/file', 'tool', 'link']))

  first.child.kill('SIGKILL')
  await first.exited
  await rm(first.dataDir, { recursive: true, force: true })
  const second = await cluster.worker()
  await client.runs.settle.mutate({ run: id, as: 'done' })
  await followToEnd(client, id)
  const view = await client.runs.get.query({ run: id })
  const events = await client.events.list.query({ runId: id })
  expect(view).toMatchObject({ status: 'succeeded', worker: expect.stringContaining(`:${second.child.pid}:`) as unknown })
  expect(events.findLast(event => event.type === 'run.resumed')).toMatchObject({ data: { kept: 2, workspace: 'restored' } })
  const output = events.flatMap(event => event.type === 'step.output' ? event.data.text : []).join('')
  expect(output).toBe(`begun\noneran\ndeep/er/file\n/nowhere\n500 deep\n750 tool\n981173106\nat-home\nx${CANARY.length + 1}\n`)

  // What the second has kept, the server gives, and so does any other: nothing of it is a file of theirs.
  expect(await client.runs.file.query({ run: id, path: 'more' })).toMatchObject({ text: 'more\n' })
  const other = await cluster.server()
  const response = await fetch(`${other.url}/artifacts/${id}/workspace/file?path=more`, { headers: { authorization: `Bearer ${other.credential}` } })
  expect([response.status, await response.text()]).toEqual([200, 'more\n'])
})

it('a worker that is told to end gives a run back that another machine goes on with', { timeout: 120_000 }, async () => {
  const server = await cluster.server()
  const client = connect(server)
  const first = await cluster.worker()
  const source = `name: leaves\nisolation: process\nsteps:\n  - { name: one, run: 'echo first > log' }\n  - { name: two, idempotent: true, run: 'echo begun; [ "$AGENTOS_ATTEMPT" -gt 1 ] || exec sleep 300' }\n  - { name: three, run: 'cat log' }\n`
  const { id } = await client.runs.submit.mutate({ manifest: { source }, priority: 1 })
  await until(async () => (await client.events.list.query({ runId: id })).some(event => event.type === 'step.output'))
  const { worker } = await client.runs.get.query({ run: id })
  // Whichever worker has it: the one of the test before may be there too.
  const isFirst = worker?.includes(`:${first.child.pid}:`)
  expect(isFirst || worker !== null).toBe(true)
  if (isFirst)
    first.child.kill('SIGTERM')
  else
    process.kill(Number(worker!.split(':')[1]), 'SIGTERM')
  await followToEnd(client, id)
  const events = await client.events.list.query({ runId: id })
  expect((await client.runs.get.query({ run: id })).worker).not.toBe(worker)
  expect(events.findLast(event => event.type === 'run.resumed')).toMatchObject({ data: { workspace: 'restored' } })
  expect(events.flatMap(event => event.type === 'step.output' ? event.data.text : []).join('')).toBe('begun\nbegun\nfirst\n')
})
