import { writeOutUnseen } from '@agentos/server/domain/visible-text'

/** JSON with every character written out that would not be seen, or would turn the order of what follows: JSON escapes the other controls itself. */
export function visibleJson(value: unknown): string {
  return writeOutUnseen(JSON.stringify(value, null, 2))
}
