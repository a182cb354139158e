import type { DatabaseKind, Ground } from './ground.ts'

/** One row of the table of faults: what is done, and what is looked at afterwards. */
export interface Fault {
  /** For `--only`. */
  name: string
  title: string
  databases: readonly DatabaseKind[]
  /** It is part of the short form, with fewer rounds. */
  isShort: boolean
  /** What it finds wrong it notes on its ground. Resolves to how much was done. */
  run: (ground: Ground) => Promise<Tally>
}

/** `kills`: how often something was killed, cut, paused, filled or refused. */
export interface Tally { runs: number, kills: number }

/** This machine cannot do it. It is said in the table, and is no pass. */
export class Skipped extends Error {
  override readonly name = 'Skipped'
}
