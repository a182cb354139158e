import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseManifest } from '../../domain/manifest/parse.ts'
import { CommandError } from '../failure.ts'
import { print } from '../print/out.ts'

/** Writes a manifest that runs as it is, with no key; never over a file that exists. */
export async function init(name: string): Promise<void> {
  const file = `${name}.yaml`
  const source = template(name)
  const parsed = parseManifest(source, { file })
  if (!parsed.ok)
    throw new CommandError(`${JSON.stringify(name)} cannot be an agent's name: expected ${parsed.problems[0]?.expected}`)
  const path = resolve(file)
  try {
    await writeFile(path, source, { flag: 'wx' })
  }
  catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new CommandError(`${path} exists already; choose another name: agentos init my-other-agent`)
    throw error
  }
  print(`wrote ${path}\nrun it with: agentos run ${file} --task "look around"\n`)
}

function template(name: string): string {
  return `name: ${name}
description: Says where it is and what it was asked
runtime: script

# What a run works on: a folder, copied so that the original cannot be harmed.
workspace:
  from: .

steps:
  - name: look around
    run: |
      echo "task: $AGENTOS_TASK"
      ls -la
  - name: count files
    run: find . -type f | wc -l
    timeout: 30s

limits:
  time: 5m
`
}
