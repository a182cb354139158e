import { expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from './conformance-harness.ts'
import { connect, script, startServer } from './server-harness.ts'

it('serves the same on PostgreSQL: a run from its submission to its end, followed live', async () => {
  const { databaseUrl, remove } = await freshDatabase('postgresql')
  onTestFinished(remove)
  const server = await startServer({ DATABASE_URL: databaseUrl })
  expect(server.readyText(1000)).toContain('Database: postgresql, ')
  expect(server.readyText(1000)).not.toContain(new URL(databaseUrl).password || 'no password')
  const client = connect(server)
  const run = await client.runs.submit.mutate({ manifest: script('echo hello') })
  const texts: string[] = []
  await new Promise<void>((resolve, reject) => client.events.follow.subscribe({ runId: run.id }, {
    onData: ({ data }) => void texts.push(...data.flatMap(event => event.type === 'step.output' ? [event.data.text] : [])),
    onComplete: resolve,
    onError: reject,
  }))
  expect(texts.join('')).toBe('hello\n')
  expect(await client.runs.get.query({ run: run.id })).toMatchObject({ status: 'succeeded' })
  expect((await client.system.overview.query()).database.dialect).toBe('postgresql')
})
