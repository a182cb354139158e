import type { Asked } from '../domain/request-log.ts'
import type { Written } from './write-request.ts'
import { Buffer } from 'node:buffer'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { createRequestReader } from '../domain/request-log.ts'
import { createRequestWriter } from './write-request.ts'

const REF = { runId: 'run', fence: 1, attempt: 2 } as Parameters<typeof createRequestWriter>[0]['ref']

function open({ isFull = false } = {}) {
  const files = new Map<string, string>()
  const writer = createRequestWriter({
    ref: REF,
    artifacts: {
      async save(_ref, about, source) {
        if (isFull)
          throw new Error('no space left')
        files.set(about.name, await text(source))
        return { ...about, sha256: 'a'.repeat(64), sizeBytes: files.get(about.name)!.length }
      },
    },
  })
  const read = createRequestReader(async name => files.get(name)!)
  const asked = ({ asked }: Written): Asked => asked!
  return { files, writer, read, asked }
}

const message = (content: string) => ({ role: 'user', content })

it('each request is whole again, and no piece is written twice', async () => {
  const { writer, read, asked, files } = open()
  const tools = [{ name: 'shell' }]
  const first = { messages: [message('be brief'), message('look')], tools, temperature: 0.5 }
  const second = { ...first, messages: [...first.messages, message('it says hello'), message('look')] }
  const third = { ...second, messages: [second.messages[0]!, message('[left out]'), ...second.messages.slice(2)] }
  const written = [await writer.write(1, first), await writer.write(1, first), await writer.write(2, second), await writer.write(3, third)].map(asked)
  expect(written.map(one => 'parts' in one && [one.isFirst, one.parts, (one.added as unknown[]).length])).toEqual([[true, '0-3', 4], [false, '0-3', 0], [false, '0-1,4,1-3', 1], [false, '0,5,4,1-3', 1]])
  for (const [index, request] of [first, first, second, third].entries())
    expect(await read(written[index]!)).toEqual(request)
  expect(files.size).toBe(0)
})

it('what is large stands beside the log under its hash, and a body that is too large to be taken apart as it was sent', async () => {
  const { writer, read, asked, files } = open()
  const large = { messages: [message('x'.repeat(40_000))] }
  const written = await writer.write(1, large)
  expect(written.events).toMatchObject([{ type: 'artifact.saved', data: { name: 'request-2-1.json', step: 1, isWhole: true } }])
  expect(JSON.stringify(written.asked).length).toBeLessThan(200)
  expect(await read(asked(written))).toEqual(large)
  const body = { model: 'm', messages: [message('y'.repeat(3 * 1024 * 1024))] }
  expect(await read(asked(await writer.writeBody(2, Buffer.from(JSON.stringify(body)))))).toEqual(body)
  const small = { model: 'm', messages: [...large.messages, message('and now?')] }
  expect(await read(asked(await writer.writeBody(2, Buffer.from(JSON.stringify(small)))))).toEqual(small)
  expect([...files.keys()]).toEqual(['request-2-1.json', 'request-2-2.json'])
})

it('a disk that does not take it costs the request in the log, which is said, and nothing later leans on it', async () => {
  const { writer, read, asked } = open({ isFull: true })
  const lost = await writer.write(1, { messages: [message('x'.repeat(40_000))] })
  expect(lost).toMatchObject({ asked: null, events: [{ type: 'artifact.lost', data: { detail: 'no space left' } }] })
  expect(await read(asked(await writer.write(1, { messages: [message('small')] })))).toEqual({ messages: [message('small')] })
})
