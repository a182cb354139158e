import type { Client } from './server-harness.ts'
import { expect, it } from 'vitest'
import { connect, script, startServer } from './server-harness.ts'

async function ended(client: Client, manifest: { source: string }, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    const run = await client.runs.submit.mutate({ manifest })
    await new Promise<void>((resolve, reject) => client.events.follow.subscribe({ runId: run.id }, { onComplete: resolve, onError: reject }))
    ids.push(run.id)
  }
  return ids
}

it('a run that is held is not pruned until it is released', async () => {
  const client = connect(await startServer())
  const [held, other] = await ended(client, script('true'), 2) as [string, string]
  expect(await client.runs.hold.mutate({ run: held })).toMatchObject({ id: held, heldAt: expect.any(String) })
  await expect(client.runs.prune.mutate({ ids: [held] })).rejects.toThrow(`run ${held} is held: release it first`)
  expect(await client.runs.prune.mutate({})).toEqual({ removed: [other], held: 1 })
  expect(await client.runs.release.mutate({ run: held })).toMatchObject({ heldAt: null })
  expect(await client.runs.prune.mutate({})).toEqual({ removed: [held], held: 0 })
})

it('prune may keep the newest of each agent, and counts those that are held', async () => {
  const client = connect(await startServer())
  const one = await ended(client, script('true'), 4)
  const two = await ended(client, script('true'), 2)
  await client.runs.hold.mutate({ run: one[0]! })
  const { removed, held } = await client.runs.prune.mutate({ keep: 2 })
  expect(removed).toEqual([one[1]])
  expect(held).toBe(1)
  expect((await client.runs.list.query({})).runs.map(run => run.id).sort()).toEqual([one[0], one[2], one[3], ...two].sort())
})
