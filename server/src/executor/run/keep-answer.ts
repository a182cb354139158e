import type { Kept } from '../../domain/tool-result.ts'
import type { ToolAnswer } from '../../mcp/read-result.ts'
import type { CallAbout } from './remote-tool.ts'
import type { RunContext } from './run-context.ts'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_RESULT_CHARACTERS, resultName, shownResult } from '../../domain/tool-result.ts'

/** What the model is told of an answer: the whole of it is kept as an artifact where it is too long, and so is what is no text. */
export async function keepAnswer(run: RunContext, about: CallAbout, { text, files }: ToolAnswer): Promise<string> {
  const told = text.length <= MAX_RESULT_CHARACTERS ? text : shownResult(text, await keep(run, about, resultName(about, 'txt'), 'text/plain', Buffer.from(text)))
  const notes: string[] = []
  for (const [index, { bytes }] of files.entries()) {
    const kept = await keep(run, about, resultName(about, `${index + 1}.bin`), 'application/octet-stream', bytes)
    notes.push(`[file ${index + 1}: ${kept.name === null ? `could not be kept: ${kept.problem}` : `kept as ${kept.name}, for people`}]`)
  }
  return [told, ...notes].join('\n')
}

let lastFile = 0

async function keep(run: RunContext, { step }: CallAbout, name: string, mediaType: 'text/plain' | 'application/octet-stream', bytes: Buffer): Promise<Kept> {
  const file = `answer-${++lastFile}`
  const path = join(run.start.spoolPath, file)
  try {
    await writeFile(path, bytes, { flag: 'wx', mode: 0o600 })
    const reply = await run.ask({ kind: 'keep', step, name, file, problem: null, mediaType, isWhole: true })
    const problem = reply.kind === 'recorded' ? reply.problem : undefined
    return problem === undefined ? { name } : { name: null, problem }
  }
  catch (error) {
    return { name: null, problem: error instanceof Error ? error.message : String(error) }
  }
  finally {
    await rm(path, { force: true }).catch(() => {}) // goes with the run's folder
  }
}
