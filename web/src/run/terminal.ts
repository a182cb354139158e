import type { OutputLine } from './output.ts'
import type { OutputSection } from './timeline.ts'
import { withoutStyles } from './ansi.ts'
import { oneLine } from './headline.ts'

export type TerminalRow
  = | { kind: 'command', text: string, isScript: boolean, section: OutputSection }
    | { kind: 'line', line: OutputLine }
    | { kind: 'end', section: OutputSection }

/** The output of several commands as one list of rows. The lines are not copied; making one costs a number a section. */
export interface Terminal {
  readonly length: number
  row: (index: number) => TerminalRow
  /** The index of the section's first row. */
  startOf: (sectionKey: string) => number
}

export function createTerminal(sections: readonly OutputSection[]): Terminal {
  const starts: number[] = []
  let length = 0
  for (const section of sections) {
    starts.push(length)
    length += section.output.lines.length + 2
  }

  return {
    length,
    row(index) {
      const at = lastNotAfter(starts, index)
      const section = sections[at]!
      const inside = index - starts[at]!
      if (inside === 0)
        return { kind: 'command', ...headOf(section), section }
      const line = section.output.lines[inside - 1]
      return line ? { kind: 'line', line } : { kind: 'end', section }
    },
    startOf: key => starts[sections.findIndex(section => section.key === key)] ?? 0,
  }
}

/** What can be searched and copied of a row. */
export function rowText(row: TerminalRow): string {
  if (row.kind === 'command')
    return row.text
  return row.kind === 'line' ? withoutStyles(row.line.text) : ''
}

/** Rows from `from` up to `to` that hold the words, in any case. */
export function findRows(terminal: Terminal, words: string, from: number, to: number): number[] {
  const wanted = words.toLowerCase()
  const found: number[] = []
  for (let i = from; i < to; i++) {
    if (rowText(terminal.row(i)).toLowerCase().includes(wanted))
      found.push(i)
  }
  return found
}

/** The output as a text file: what was written, without its colours. */
export function terminalText(sections: readonly OutputSection[]): string {
  const parts: string[] = []
  for (const section of sections) {
    parts.push(sections.length > 1 ? `$ ${section.command.trimEnd()}\n` : '')
    section.output.lines.forEach((line, at) => parts.push(line.continued || at === 0 ? '' : '\n', withoutStyles(line.text)))
    parts.push('\n')
  }
  return parts.join('')
}

/** A script of many lines is named, not repeated: the step shows it. */
function headOf({ command, step }: OutputSection): { text: string, isScript: boolean } {
  const isScript = command.trim().includes('\n')
  return { text: isScript && step.kind === 'command' ? step.name : oneLine(command), isScript }
}

function lastNotAfter(starts: number[], index: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= index)
      low = middle
    else
      high = middle - 1
  }
  return low
}
