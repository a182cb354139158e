import { Buffer } from 'node:buffer'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { createRedactor } from '../domain/redact/redactor.ts'
import { redactBytes } from './redact-bytes.ts'

const SECRET = 'schlüssel-0123456789'
const redactor = createRedactor([{ value: SECRET, shown: '[secret KEY]' }])

it.each([1, 3, 7, 1000])('bytes that come in pieces of %i lose their secrets and nothing else', async (size) => {
  const raw = Buffer.concat([Buffer.from([0, 0xFF, 0xFE, 0x80]), Buffer.from(`a ${SECRET} b\r\n${Buffer.from(SECRET).toString('base64')}\n`), Buffer.from([0xC3, 0])])
  const pieces = Array.from({ length: Math.ceil(raw.length / size) }, (_, index) => raw.subarray(index * size, (index + 1) * size))
  const kept = await buffer(Readable.from(pieces).pipe(redactBytes(redactor)))
  expect(kept.subarray(0, 4)).toEqual(raw.subarray(0, 4))
  expect(kept.subarray(4).toString('latin1')).toMatch(/^a \[secret KEY\] b\r\n\[secret KEY\][\w=]{0,3}\n\xC3\0$/)
})
