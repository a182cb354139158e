import process from 'node:process'
import { effectiveConfig } from '../../config/effective.ts'
import { pc } from '../print/colour.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { plain } from '../print/plain.ts'

/** What a server would be set to that was started here now, and by what. Exits 1 when it would not start. */
export async function config(options: { json?: boolean, all?: boolean }): Promise<void> {
  const { values, problem, file } = effectiveConfig(process.env)
  const shown = values.filter(({ value, name }) => value !== null || options.all || problem?.startsWith(`${name}:`))
  if (options.json)
    print(jsonLine({ ok: problem === null, problem, file, values }))
  else
    print(shown.map(({ name, value, from }) => `${name.padEnd(WIDTH)} ${plain(value ?? 'not set').padEnd(40)} ${pc.dim(from === '.env' ? file : from)}\n`).join(''))
  if (!options.json && shown.length < values.length)
    print(pc.dim(`${values.length - shown.length} more are not set; --all shows them\n`))
  if (problem === null)
    return
  if (!options.json)
    process.stderr.write(`${pc.red('error')} ${problem}\n`)
  process.exitCode = 1
}

const WIDTH = 36
