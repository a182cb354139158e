import type { Check } from './check.ts'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseManifest } from '../domain/manifest/parse.ts'

/** A manifest that is not right is left out at start, which nobody notices who does not read the log. */
export async function checkAgents(projectDir: string): Promise<Check> {
  const folder = join(projectDir, 'agents')
  const files = (await readdir(folder).catch(() => [])).filter(name => /\.ya?ml$/.test(name)).map(name => join(folder, name))
  const parsed = await Promise.all(files.map(async file => parseManifest(await readFile(file, 'utf8').catch(() => ''), { file })))
  const problems = parsed.flatMap(each => each.ok ? [] : each.problems.slice(0, 1))
  const found = `${files.length - problems.length} of ${files.length} manifests in ${folder} are right`
  return problems.length === 0
    ? { name: 'agents', result: 'ok', found }
    : { name: 'agents', result: 'warning', found, mend: problems.map(p => `${p.file}:${p.line}:${p.column} ${p.key}: expected ${p.expected}, got ${p.received}`).join('; ') }
}
