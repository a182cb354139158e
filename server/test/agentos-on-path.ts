import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { COMMAND_LINE } from './process-harness.ts'

/** A PATH on which `agentos` is the command line of this checkout, as it is where it was installed. `folder` gets its bin. */
export async function pathWithAgentos(folder: string): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin, { recursive: true })
  await writeFile(join(bin, 'agentos'), `#!/bin/sh\nexec '${process.execPath}' '${COMMAND_LINE}' "$@"\n`)
  await chmod(join(bin, 'agentos'), 0o755)
  return `${bin}${delimiter}${process.env.PATH}`
}
