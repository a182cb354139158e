import { writeOutUnseen } from '../../domain/visible-text.ts'

/**
 * A value as one line of JSON that a terminal cannot act on: JSON leaves DEL, the eight-bit controls and what turns the
 * direction of text as they are. For a program that reads it nothing changes.
 */
export function jsonLine(value: unknown): string {
  return `${writeOutUnseen(JSON.stringify(value))}\n` // as \uXXXX, which is JSON's own way
}
