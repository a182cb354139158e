import { writeOutUnseen } from '@agentos/server/domain/visible-text'
import { plainText } from './clean-text.ts'

/** An agent's own words on one line: no sequence of a terminal, nothing that is not seen, nothing that turns the order of what stands beside it. */
export function shownText(text: string): string {
  return plainText(writeOutUnseen(text)).replace(/\s+/g, ' ').trim()
}
