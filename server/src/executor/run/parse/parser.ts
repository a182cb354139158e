import type { OutputFormat } from '../../../domain/manifest/output-formats.ts'
import type { AgentSaid } from '../agent-said.ts'
import type { JsonObject } from '../json.ts'
import { parseObject } from '../json.ts'
import { claudeSaid } from './claude-stream-json.ts'
import { codexSaid } from './codex-json.ts'
import { geminiSaid } from './gemini-stream-json.ts'
import { opencodeSaid } from './opencode-json.ts'

/** What a line of an agent's output says; null when it means nothing here. */
export type SaidOf = (line: JsonObject) => AgentSaid[] | null

const READERS: Record<Exclude<OutputFormat, 'text'>, SaidOf> = {
  'claude-stream-json': claudeSaid,
  'codex-json': codexSaid,
  'gemini-stream-json': geminiSaid,
  'opencode-json': opencodeSaid,
}

/** One line of output in a format. */
export function parseLine(format: OutputFormat, line: string): AgentSaid[] | null {
  if (format === 'text')
    return [{ kind: 'text', text: `${line}\n` }]
  const object = parseObject(line)
  return object && READERS[format](object)
}
