import type { McpClient, McpServerInfo } from '../../mcp/client.ts'
import type { StdioServer } from '../protocol/input.ts'
import type { Conversation, Session } from '../sandbox/session.ts'
import type { RunContext } from './run-context.ts'
import { PassThrough } from 'node:stream'
import { createMcpClient, McpProblem } from '../../mcp/client.ts'
import { readLines } from '../protocol/lines.ts'
import { quote } from '../sandbox/shell-script.ts'

/** One start of an MCP server in a sandbox of its own. */
export interface McpProcess {
  client: McpClient
  info: McpServerInfo
  /** False once its process has ended or was ended. */
  isAlive: () => boolean
  close: () => Promise<unknown>
}

/** The longest line that it may write, and what it may write that nobody asked for. */
const MAX_LINE_BYTES = 4 * 1024 * 1024
const MAX_UNASKED = 10_000
const MAX_UNASKED_BYTES = 32 * 1024 * 1024
const MAX_UNREAD_BYTES = 4 * 1024 * 1024
const KEPT_ERROR_CHARACTERS = 2000

/** Starts it and shakes hands. Rejects with McpProblem, and leaves nothing behind then. */
export async function startMcpProcess(run: RunContext, { program, args }: StdioServer): Promise<McpProcess> {
  const opened = await run.openAnother()
  if ('error' in opened)
    throw new McpProblem(`its sandbox could not be opened: ${opened.error}`)
  const { session } = opened
  if (!session.converse)
    throw new McpProblem(`level ${session.level} has no way to speak with a program yet: use isolation: sandbox, or a server with url:`)
  const spoken = speak(session, `exec ${[program, ...args].map(quote).join(' ')}`)
  try {
    return { ...spoken, info: await spoken.client.open() }
  }
  catch (error) {
    await spoken.close()
    throw error
  }
}

function speak(session: Session, command: string): Omit<McpProcess, 'info'> {
  let isAlive = true
  let unaskedBytes = 0
  let errorTail = ''
  let conversation: Conversation | null = null
  const decoder = new TextDecoder()
  const lines = new PassThrough()
  const client = createMcpClient({
    send(message) {
      if (conversation && conversation.unreadBytes() > MAX_UNREAD_BYTES)
        end('it does not read what it is told')
      else
        conversation?.write(`${JSON.stringify(message)}\n`)
    },
  })
  readLines(lines, { maxBytes: MAX_LINE_BYTES, onLine: take, onTooLong: () => end(`it wrote a line of more than ${MAX_LINE_BYTES / 1024 / 1024} MiB`) })
  conversation = session.converse!(command, { // its caller has looked
    onOutput(stream, bytes) {
      if (stream === 'stdout' && isAlive)
        lines.write(bytes)
      else if (stream === 'stderr')
        errorTail = (errorTail + decoder.decode(bytes, { stream: true })).slice(-KEPT_ERROR_CHARACTERS)
      return true
    },
  })
  void conversation.ended.then(({ exitCode, error }) => end(`it ended (${exitCode === null ? error ?? 'killed' : `exit code ${exitCode}`})`))
  return { client, isAlive: () => isAlive, close: () => session.close() }

  function take(line: string): void {
    if (!isAlive || line.trim() === '')
      return
    const before = client.unasked
    const message = parsed(line)
    if (message !== undefined)
      client.receive(message)
    if (message === undefined || client.unasked > before)
      unaskedBytes += line.length
    if (client.unasked > MAX_UNASKED || unaskedBytes > MAX_UNASKED_BYTES)
      end('it said far more than it was asked')
  }

  function end(why: string): void {
    if (!isAlive)
      return
    isAlive = false
    const words = errorTail.trim()
    client.fail(words === '' ? why : `${why}; it wrote: ${words}`)
    void session.close()
  }
}

/** undefined for what is no JSON: some servers print words of their own. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  }
  catch {
    return undefined
  }
}
