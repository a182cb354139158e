import { writeOutUnseen } from '@agentos/server/domain/visible-text'

/** The text of a file, with what is not seen or turns the order of characters written out; lines stay lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(line => line.split('\t').map(writeOutUnseen).join('\t')).join('\n')
}
