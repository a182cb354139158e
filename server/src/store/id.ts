import { customAlphabet } from 'nanoid'

/** Random, so that four or five characters name a run to a person; lower case and digits, so that no shell or collation minds. */
export const newId: () => string = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 20)

/** The ids that begin with `prefix`, as a range that the primary key's index answers, both ends included. Null when it cannot be the beginning of an id. */
export function idRange(prefix: string): { gte: string, lte: string } | null {
  return /^[0-9a-z]{1,20}$/.test(prefix) ? { gte: prefix, lte: prefix.padEnd(20, 'z') } : null
}
