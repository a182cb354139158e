import type { ManifestProblem } from '../views/agent.ts'
import type { Fault } from './expected.ts'
import type { Manifest } from './manifest.ts'
import type { PlacedProblem } from './places.ts'
import type { Source } from './source.ts'
import { complete } from './complete.ts'
import { faultsOf } from './expected.ts'
import { dotted } from './keys.ts'
import { normalise } from './normalise.ts'
import { clip } from './places.ts'
import { manifestSchema } from './schema.ts'
import { readSource } from './source.ts'
import { checkTogether } from './together.ts'

export type ParsedManifest = { ok: true, manifest: Manifest, notices: string[] } | { ok: false, problems: ManifestProblem[] }

/**
 * Reads a manifest. Says everything that is wrong at once, in the order of the file. `notices` tells what the prototype's
 * keys are called today. Never throws.
 */
export function parseManifest(source: string, { file }: { file: string }): ParsedManifest {
  const read = readSource(source)
  if (!read.ok)
    return { ok: false, problems: inFile(file, read.problems) }

  const written = read.source.value
  const result = manifestSchema.safeParse(written, { error: unnamed })
  const faults = [...result.success ? [] : faultsOf(result.error.issues, read.source), ...checkTogether(written)]
  if (!result.success || faults.length > 0)
    return { ok: false, problems: inFile(file, place(faults, read.source)) }

  const { file: today, notices } = normalise(result.data)
  return { ok: true, manifest: complete(today), notices }
}

function place(faults: Fault[], source: Source): PlacedProblem[] {
  const seen = new Set<string>()
  return faults.slice(0, 200)
    .map(({ path, at, expected, received, hint }) => ({
      ...source.locate(path, at),
      key: dotted(path),
      expected,
      received: clip(received ?? source.received(path)),
      hint: hint ?? null,
    }))
    .filter(({ key, received }) => !seen.has(`${key} ${received}`) && seen.add(`${key} ${received}`))
    .sort((a, b) => a.line - b.line || a.column - b.column)
}

function inFile(file: string, problems: PlacedProblem[]): ManifestProblem[] {
  return problems.map(problem => ({ file, ...problem }))
}

/** For an issue whose schema says nothing itself; every schema should. */
function unnamed(): string {
  return 'another value'
}
