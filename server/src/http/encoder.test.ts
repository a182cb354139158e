import { expect, it } from 'vitest'
import { createEncoder } from './encoder.ts'

const batch = [{ seq: 7, type: 'step.output', data: { text: 'a "quoted"\nline \u2028' } }]
const message = (id: number | string, data: unknown, more = {}) => ({ id, ...more, result: { type: 'data', id: '7', data: { id: '7', data } } })

it('writes a batch as JSON would, for every viewer under its own id', () => {
  const { encode } = createEncoder()
  for (const id of [1, 2, 'a"b'])
    expect(JSON.parse(String(encode(message(id, batch))))).toEqual(message(id, batch))
  expect(JSON.parse(String(encode(message(1, batch, { jsonrpc: '2.0' }))))).toEqual(message(1, batch, { jsonrpc: '2.0' }))
})

it('writes one batch once, however many are sent it', () => {
  const { encode } = createEncoder()
  let written = 0
  const counted = [{ toJSON: () => ++written }]
  for (let id = 0; id < 10; id++)
    encode(message(id, counted))
  expect(written).toBe(1)
})

it('leaves every other message to JSON', () => {
  const { encode } = createEncoder()
  for (const other of [
    { id: 1, result: { type: 'started' } },
    { id: 1, result: { type: 'data', data: [1, 2] } },
    { id: 1, result: { type: 'data', data: { id: '7', data: [1] } } },
    { id: null, error: { message: 'no' } },
    { id: null, method: 'reconnect' },
  ])
    expect(encode(other)).toBe(JSON.stringify(other))
})
