import type { Artifacts } from '../../artifacts/artifacts.ts'
import type { Redactor } from '../../domain/redact/redactor.ts'
import type { Kept } from '../../domain/tool-result.ts'
import type { RunRef } from '../../store/run-append.ts'
import type { OrderedLog } from '../ordered-log.ts'
import type { CallAbout } from './called-tool.ts'
import { Buffer } from 'node:buffer'
import { Readable } from 'node:stream'
import { KEPT_OUTPUT_BYTES } from '../../domain/artifact.ts'
import { event } from '../../domain/event.ts'
import { MAX_RESULT_CHARACTERS, resultName, shownResult } from '../../domain/tool-result.ts'
import { redactBytes } from '../redact-bytes.ts'

/** Gives what the model is told of a result; the whole of it is kept as an artifact where that is too little, and so is what is no text. */
export type KeepResult = (about: CallAbout, result: { head?: string, text: string, files: Buffer[], isWhole: boolean }) => Promise<string>

const MAX_ARTIFACTS = 200

export function createKeepResult({ ref, artifacts, redactor, log }: { ref: RunRef, artifacts: Pick<Artifacts, 'save'>, redactor: Redactor, log: Pick<OrderedLog, 'record'> }): KeepResult {
  let keptBytes = 0
  let keptCount = 0

  return async (about, { head, text, files, isWhole }) => {
    const clean = redactor.text(text)
    const isLong = clean.length > MAX_RESULT_CHARACTERS
    const told = isLong ? shownResult(clean, await keep(about, resultName(about, 'txt'), 'text/plain', Readable.from([Buffer.from(clean)]), isWhole)) : clean
    const notes: string[] = []
    for (const [index, bytes] of files.entries()) {
      const kept = await keep(about, resultName(about, `${index + 1}.bin`), 'application/octet-stream', Readable.from([bytes]).pipe(redactBytes(redactor)), isWhole)
      notes.push(kept.name === null ? `[file ${index + 1} could not be kept: ${kept.problem}]` : `[file ${index + 1} is kept as ${kept.name}, for people]`)
    }
    return [head === undefined ? told : `${redactor.text(head)}\n\n${told}`.trimEnd(), ...notes].join('\n')
  }

  async function keep({ step }: CallAbout, name: string, mediaType: 'text/plain' | 'application/octet-stream', source: Readable, isWhole: boolean): Promise<Kept> {
    const allowedBytes = KEPT_OUTPUT_BYTES - keptBytes
    try {
      if (++keptCount > MAX_ARTIFACTS || allowedBytes <= 0)
        throw new Error(`the ${MAX_ARTIFACTS} results or ${KEPT_OUTPUT_BYTES / 1024 / 1024} MiB that are kept of an attempt are used up`)
      const saved = await artifacts.save(ref, { name, step, mediaType, isWhole }, source, allowedBytes)
      keptBytes += saved.sizeBytes
      await log.record([event('artifact.saved', { name, step, mediaType, sha256: saved.sha256, sizeBytes: saved.sizeBytes, isWhole: saved.isWhole })])
      return { name }
    }
    catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      await log.record([event('artifact.lost', { name, step, detail: problem })])
      return { name: null, problem }
    }
  }
}
