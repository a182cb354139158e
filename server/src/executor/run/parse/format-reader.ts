import type { OutputFormat } from '../../../domain/manifest/output-formats.ts'
import type { AgentTeller } from '../agent-teller.ts'
import type { LineReader } from '../output.ts'
import { parseLine } from './parser.ts'

const MAX_LINE_BYTES = 4 * 1024 * 1024

/** Reads an agent's output in a format: what a line says goes to the teller, and a line that says nothing is shown as it is. */
export function formatReader(format: OutputFormat, teller: AgentTeller): LineReader {
  const reader: LineReader = {
    maxBytes: MAX_LINE_BYTES,
    take,
    tooLong: () => {},
    hasRoom: teller.hasRoom,
    onRoom: () => {},
    finish: () => teller.finish('The agent ended before it said how this ended.'),
  }
  teller.onRoom = () => reader.onRoom()
  return reader

  function take(line: string): boolean {
    const said = parseLine(format, line)
    for (const one of said ?? [])
      teller.say(one)
    return said !== null
  }
}
