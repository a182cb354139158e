import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'

export interface ReceivedSpan {
  traceId: string
  spanId: string
  /** Empty: the root. */
  parentSpanId: string
  name: string
  /** 1 internal, 3 client. */
  kind: number
  startMs: number
  endMs: number
  attributes: Record<string, unknown>
  /** 2: error. */
  statusCode: number
  resource: Record<string, unknown>
}

export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  endpoint: string
  spans: ReceivedSpan[]
  /** Of each request. */
  headers: Record<string, unknown>[]
  /** All bytes that came, as text: what is not in them was not sent. */
  raw: () => string
}

/** A collector that takes traces in protobuf over HTTP, as OTLP has it; `answer` null: it never answers. */
export async function startReceiver(answer: number | null = 200): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const headers: Record<string, unknown>[] = []
  const bodies: Buffer[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request)
      pieces.push(piece as Buffer) // no encoding is set
    const body = Buffer.concat(pieces)
    headers.push({ ...request.headers, path: request.url })
    bodies.push(body)
    if (answer === 200)
      spans.push(...readRequest(body))
    if (answer !== null)
      response.writeHead(answer, { 'content-type': 'application/x-protobuf' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // listening on TCP
  return { endpoint: `http://127.0.0.1:${port}`, spans, headers, raw: () => Buffer.concat(bodies).toString('latin1') }
}

type Fields = Map<number, (Buffer | bigint)[]>

/** Protobuf's wire format: varints, 64 bits, and what has a length. */
function readFields(bytes: Buffer): Fields {
  const fields: Fields = new Map()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(bytes[at++]!)
      value |= (byte & 0x7Fn) << shift
      if (byte < 0x80n)
        return value
    }
  }
  while (at < bytes.length) {
    const key = Number(varint())
    let value: Buffer | bigint
    if ((key & 7) === 0) {
      value = varint()
    }
    else if ((key & 7) === 1) {
      value = bytes.readBigUInt64LE(at)
      at += 8
    }
    else if ((key & 7) === 5) {
      value = BigInt(bytes.readUInt32LE(at))
      at += 4
    }
    else {
      const length = Number(varint())
      value = bytes.subarray(at, at + length)
      at += length
    }
    fields.set(key >> 3, [...fields.get(key >> 3) ?? [], value])
  }
  return fields
}

const messages = (fields: Fields, field: number) => (fields.get(field) ?? []).map(value => readFields(value as Buffer)) // the field is a message
const text = (fields: Fields, field: number) => (fields.get(field)?.[0] as Buffer | undefined)?.toString('utf8') ?? ''
const hex = (fields: Fields, field: number) => (fields.get(field)?.[0] as Buffer | undefined)?.toString('hex') ?? ''
const number = (fields: Fields, field: number) => Number(fields.get(field)?.[0] ?? 0)

/** ExportTraceServiceRequest, by the field numbers of opentelemetry-proto. */
function readRequest(body: Buffer): ReceivedSpan[] {
  return messages(readFields(body), 1).flatMap((resourceSpans) => {
    const resource = Object.assign({}, ...messages(resourceSpans, 1).map(one => attributesOf(one, 1))) as Record<string, unknown>
    return messages(resourceSpans, 2).flatMap(scope => messages(scope, 2)).map(span => ({
      traceId: hex(span, 1),
      spanId: hex(span, 2),
      parentSpanId: hex(span, 4),
      name: text(span, 5),
      kind: number(span, 6),
      startMs: number(span, 7) / 1e6,
      endMs: number(span, 8) / 1e6,
      attributes: attributesOf(span, 9),
      statusCode: messages(span, 15).map(status => number(status, 3))[0] ?? 0,
      resource,
    }))
  })
}

function attributesOf(fields: Fields, field: number): Record<string, unknown> {
  return Object.fromEntries(messages(fields, field).map(pair => [text(pair, 1), valueOf(messages(pair, 2)[0] ?? new Map())]))
}

function valueOf(value: Fields): unknown {
  if (value.has(1))
    return text(value, 1)
  if (value.has(2))
    return number(value, 2) === 1
  if (value.has(3))
    return number(value, 3)
  if (value.has(4))
    return new Float64Array(new BigUint64Array([value.get(4)![0] as bigint]).buffer)[0] // its bits
  return messages(value, 5).flatMap(list => messages(list, 1)).map(valueOf)
}
