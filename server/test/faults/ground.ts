import type { Cluster } from './cluster.ts'
import type { Random } from './random.ts'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type DatabaseKind = 'sqlite' | 'postgresql'

/** Where one fault is tried: a folder, a database and a random schedule of its own. */
export interface Ground {
  readonly database: DatabaseKind
  readonly databaseUrl: string
  /** Every user may pass through it. */
  readonly folder: string
  /** Stands in the environment of every command of a run, so that what is left of one can be found. */
  readonly mark: string
  /** Shown to model providers; may stand in no table and no log. */
  readonly canary: string
  readonly random: Random
  readonly isShort: boolean
  /** What `--runs` asks for. */
  readonly runs: number
  /** The PostgreSQL below; on SQLite there is none. */
  readonly cluster: Cluster | null
  readonly violations: string[]
  readonly notes: string[]
  /** How often, in the long form and in the short one. */
  times: (long: number, short: number) => number
  must: (holds: boolean, otherwise: string) => void
  note: (line: string) => void
  /** In reverse, whatever happened. */
  onEnd: (undo: () => unknown) => void
  leave: () => Promise<void>
}

export async function openGround(o: { database: DatabaseKind, cluster: Cluster | null, random: Random, isShort: boolean, runs: number }): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'agentos-faults-'))
  await chmod(folder, 0o755)
  const word = crypto.randomUUID().replaceAll('-', '')
  const undoing: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })]
  const violations: string[] = []
  const notes: string[] = []
  return {
    ...o,
    folder,
    databaseUrl: o.cluster ? await o.cluster.createDatabase(`faults_${word}`) : `file:${join(folder, 'agentos.db')}`,
    mark: `mark-${word}`,
    canary: `canary-${word}`,
    violations,
    notes,
    times: (long, short) => o.isShort ? short : long,
    must: (holds, otherwise) => void (holds || violations.push(otherwise)),
    note: line => void notes.push(line),
    onEnd: undo => void undoing.push(undo),
    async leave() {
      for (const undo of undoing.splice(0).reverse())
        await undo()
    },
  }
}
