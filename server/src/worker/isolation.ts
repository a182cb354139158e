import type { IsolationLevel } from '../domain/run.ts'
import type { SandboxStatus } from '../domain/views/system.ts'

export type Chosen = { ok: true, level: IsolationLevel, by: string | null } | { ok: false, problem: string }

/** Exactly the level that was asked for, or a refusal; with nothing asked for, the best that this machine has proved. */
export function chooseIsolation(wanted: IsolationLevel | null, { default: byDefault, levels }: SandboxStatus): Chosen {
  const level = wanted ?? byDefault
  const found = levels.find(one => one.level === level)
  return found?.proven
    ? { ok: true, level, by: found.by }
    : { ok: false, problem: `Isolation ${level} cannot be had on this machine: ${found?.missing ?? 'nothing here provides it'}.` }
}
