import type { ExecutorAsk } from '../protocol/output.ts'
import type { OutputStream } from '../sandbox/session.ts'
import type { Spool } from './spool.ts'
import type { Utf8Check } from './utf8-check.ts'
import { join } from 'node:path'
import { KEPT_OUTPUT_BYTES, outputArtifactName } from '../../domain/artifact.ts'
import { createSpool } from './spool.ts'
import { createUtf8Check } from './utf8-check.ts'

export type KeepAsk = Extract<ExecutorAsk, { kind: 'keep' }>

/**
 * What the commands of a run wrote, as it came, beside the events that are made of it: both streams of a step in one, with all
 * its tries and calls. It is kept where the events cannot carry it faithfully (something was cut, it is no UTF-8, it holds
 * NUL), else forgotten.
 */
export interface RawOutput {
  /** From now on bytes belong to `step`. Resolves when those of the step before are kept or forgotten. */
  begin(step: number): Promise<void>
  write(stream: OutputStream, bytes: Buffer): void
  /** A command has ended. */
  finish(): void
  /** The events left something out. */
  needIt(): void
  /** False while the disk is behind; `onRoom` is called when it is not any more. */
  hasRoom(): boolean
  onRoom: () => void
  /** The last step is over. */
  end(): Promise<void>
}

export function createRawOutput(o: {
  /** A folder that is never part of a sandbox. */
  spoolPath: string
  /** Resolves when the worker has stored it. */
  keep: (ask: KeepAsk) => Promise<unknown>
}): RawOutput {
  let current: { step: number, file: string, spool: Spool } | null = null
  let checks = newChecks()
  let isNeeded = false
  let isText = true
  let keptBytes = 0
  const raw: RawOutput = { begin, write, finish, needIt, hasRoom: () => current?.spool.hasRoom() ?? true, onRoom: () => {}, end }
  return raw

  async function begin(step: number): Promise<void> {
    if (current?.step === step)
      return
    await end()
    const file = `step-${step}`
    const maxBytes = KEPT_OUTPUT_BYTES - keptBytes
    current = { step, file, spool: createSpool({ path: join(o.spoolPath, file), maxBytes, onRoom: () => raw.onRoom() }) }
    isNeeded = false
    isText = true
  }

  function write(stream: OutputStream, bytes: Buffer): void {
    current?.spool.write(bytes)
    if (isText && !checks[stream].isText(bytes))
      isText = false
  }

  function finish(): void {
    if (!checks.stdout.isWhole() || !checks.stderr.isWhole())
      isText = false
    checks = newChecks()
  }

  function needIt(): void {
    isNeeded = true
  }

  async function end(): Promise<void> {
    const ended = current
    current = null
    if (!ended)
      return
    if (isNeeded || !isText)
      await keep(ended)
    await ended.spool.discard()
  }

  async function keep({ step, file, spool }: NonNullable<typeof current>): Promise<void> {
    const { sizeBytes, droppedBytes, ...spooled } = await spool.finish()
    const problem = spooled.problem ?? (sizeBytes === 0 ? `the ${KEPT_OUTPUT_BYTES / 1024 / 1024} MiB that are kept of a run's output were used up by the steps before` : null)
    keptBytes += sizeBytes
    await o.keep({
      kind: 'keep',
      step,
      name: outputArtifactName(step),
      file: problem === null ? file : null,
      problem: problem?.slice(0, 500) ?? null,
      mediaType: isText ? 'text/plain' : 'application/octet-stream',
      isWhole: droppedBytes === 0,
    }).catch(() => {}) // The worker has said why in the log, or ends the run.
  }
}

function newChecks(): Record<OutputStream, Utf8Check> {
  return { stdout: createUtf8Check(), stderr: createUtf8Check() }
}
