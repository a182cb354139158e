import type { Answer } from '../../network/send-request.ts'
import { McpProblem } from '../../mcp/client.ts'

export interface SseEvent { event: string, data: string }

/** Reads server-sent events until `take` says that it has what it wants, the stream ends, or it is too long. Cuts the connection then. */
export async function readSseEvents({ body, close }: Pick<Answer, 'body' | 'close'>, maxBytes: number, take: (event: SseEvent) => boolean): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  let sizeBytes = 0
  let event = ''
  let data: string[] = []
  try {
    for await (const piece of body as AsyncIterable<Buffer>) { // it has no encoding, so it gives buffers
      sizeBytes += piece.length
      if (sizeBytes > maxBytes)
        throw new McpProblem(`it sent more than ${maxBytes / 1024 / 1024} MiB of events`)
      const lines = (rest + decoder.decode(piece, { stream: true })).split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop()!
      if (lines.some(readLine))
        return
    }
  }
  finally {
    close()
  }

  /** True when it was the last that is wanted. */
  function readLine(line: string): boolean {
    if (line === '') {
      const whole = { event: event || 'message', data: data.join('\n') }
      const isEvent = data.length > 0
      event = ''
      data = []
      return isEvent && take(whole)
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event')
      event = value
    else if (field === 'data')
      data.push(value)
    return false
  }
}
