import type { PrismaClient } from './generated/sqlite/client.ts'
import type { Sql } from './sql.ts'

export type Param = string | number | Uint8Array | null
/** Parameters are `$1`, `$2`, … on both databases. */
export interface Statement { sql: string, params: Param[] }
/** Run once for each list of parameters, made of what the statements before it returned. Parameters are `?` on SQLite: the fastest that there is. */
export interface EachStatement { sql: string, each: (before: Row[][]) => Param[][] }
/** Numbers are numbers, texts are texts; a moment is read as milliseconds by `sql.epochMs`. */
export type Row = Record<string, string | number | null>

/**
 * The connection below Prisma, for the statements that are written by hand: what is hot, and what has to be one transaction. Reads
 * and writes that are neither go through Prisma.
 */
export interface Driver {
  readonly sql: Sql
  /** One transaction: all of it is stored when this resolves, none of it when it rejects. Rejects with DatabaseError. */
  batch: (statements: (Statement | EachStatement)[]) => Promise<Row[][]>
  read: (statement: Statement) => Promise<Row[]>
  /** Gives the space of deleted rows back to the disk, where the database does not by itself. */
  reclaim: () => Promise<void>
}

/** How processes that share the database tell each other that there is something to read. */
export interface BellChannel {
  /** Texts of at most `BELL_BYTES` each, to every process that listens, this one too. Rejects with DatabaseError. */
  send: (texts: string[]) => Promise<void>
  /** Until what comes back is called. The ear is deaf until it says that it hears. */
  listen: (ear: Ear) => () => Promise<void>
}

export interface Ear {
  heard: (text: string) => void
  /** It hears: what rang before this may have been missed. */
  hears: () => void
  /** It hears nothing, or nobody knows. */
  deaf: () => void
}

/** PostgreSQL takes 7,999. */
export const BELL_BYTES = 7_000

/** Both generated clients have the same models, so one type stands for both. */
export type Prisma = PrismaClient

export interface OpenedDatabase { driver: Driver, prisma: Prisma, bells: BellChannel | null, close: () => Promise<void> }
