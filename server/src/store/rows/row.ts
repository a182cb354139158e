import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

/** What a column holds, whatever the database calls it. */
export type ColumnKind = 'text' | 'integer' | 'bigint' | 'real' | 'boolean' | 'moment' | 'bytes'

export interface Column { name: string, kind: ColumnKind }

/** Its columns by their names, in alphabetical order: the databases have them in the order in which they were added. */
export interface Table { name: string, columns: Column[] }

/** A bigint is its digits, a moment milliseconds since 1970, bytes are base64. */
export type Value = string | number | boolean | null

/** One row as one line of JSON, the same for the same row on every database. */
export function encodeRow(values: Value[]): string {
  return JSON.stringify(values)
}

export function decodeRow(line: string): Value[] {
  return JSON.parse(line) as Value[] // what encodeRow has written: the sum of its file says so
}

export interface TableSum { rows: number, digest: string }

const MODULUS = 1n << 256n

/**
 * How many rows, and a sum of their hashes. It is the same in whatever order they come: databases sort texts in different ways, and to sort
 * a whole log only to compare it would cost more than to copy it.
 */
export function createTableSum(): { add: (line: string) => void, value: () => TableSum } {
  let rows = 0
  let sum = 0n
  return {
    add(line) {
      rows++
      sum = (sum + BigInt(`0x${createHash('sha256').update(line).digest('hex')}`)) % MODULUS
    },
    value: () => ({ rows, digest: sum.toString(16).padStart(64, '0') }),
  }
}

/** Tables that others point at come first. */
export function orderTables(tables: Table[], references: { from: string, to: string }[]): Table[] {
  const ordered: Table[] = []
  const left = new Set(tables)
  while (left.size > 0) {
    const names = new Set([...left].map(({ name }) => name))
    const free = [...left].filter(({ name }) => references.every(({ from, to }) => from !== name || to === name || !names.has(to)))
    if (free.length === 0)
      throw new Error(`tables point at each other in a circle: ${[...names].join(', ')}`)
    ordered.push(...free)
    free.forEach(table => left.delete(table))
  }
  return ordered
}

export function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}
