import type { Encoder } from '@trpc/server/adapters/ws'
import { jsonEncoder } from '@trpc/server/adapters/ws'

/** What `tracked` makes of a batch, as it is sent: only `id` differs between the viewers of a run. */
interface TrackedBatch {
  id: number | string
  jsonrpc?: '2.0'
  result: { type: 'data', id: string, data: { id: string, data: readonly unknown[] } }
}

/**
 * JSON as tRPC has it, but a batch of events that goes to many viewers is written once. The viewers of a run are handed the
 * same array (events/shared-pages), and what was written is forgotten with it.
 */
export function createEncoder(): Encoder {
  const written = new WeakMap<readonly unknown[], string>()

  function write(batch: readonly unknown[]): string {
    const known = written.get(batch)
    if (known !== undefined)
      return known
    const json = JSON.stringify(batch)
    written.set(batch, json)
    return json
  }

  return {
    decode: jsonEncoder.decode,
    encode(message) {
      if (!isTrackedBatch(message))
        return jsonEncoder.encode(message)
      const { id, jsonrpc, result } = message
      const cursor = JSON.stringify(result.id)
      const head = `{"id":${JSON.stringify(id)},${jsonrpc ? '"jsonrpc":"2.0",' : ''}"result":{"type":"data","id":${cursor},`
      return `${head}"data":{"id":${cursor},"data":${write(result.data.data)}}}}`
    },
  }
}

function isTrackedBatch(message: unknown): message is TrackedBatch {
  const { id, result } = message as { id?: unknown, result?: { type?: unknown, id?: unknown, data?: { data?: unknown } } } // tRPC sends objects alone
  return (typeof id === 'number' || typeof id === 'string') && result?.type === 'data' && typeof result.id === 'string' && Array.isArray(result.data?.data)
}
