#!/usr/bin/env node
// Stands where an engine's command line stands: writes down how it was called, and behaves as one does, with no container at all. It tests
// our command line, not an engine. Commands run on the machine itself, in the folder that was to be mounted.
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'

const folder = dirname(process.argv[1])
const [verb, ...args] = process.argv.slice(2)
const environment = Object.fromEntries(Object.entries(process.env))
appendFileSync(join(folder, 'calls.jsonl'), `${JSON.stringify({ verb, args, environment })}\n`)
const stateOf = name => join(folder, `container-${name}`)

if (verb === 'info') {
  process.stdout.write(readFileSync(join(folder, 'info.json'), 'utf8'))
}
else if (verb === 'image') {
  process.exitCode = args.at(-1) === 'absent:1' ? 1 : 0
  if (process.exitCode)
    process.stderr.write('no such image\n')
}
else if (verb === 'run') {
  const name = args[args.indexOf('--name') + 1]
  const image = args[args.indexOf('--entrypoint') + 2]
  if (image === 'absent:1') {
    process.stderr.write('Error: absent:1: image not known\n')
    process.exit(125)
  }
  const mount = args.filter((_, index) => args[index - 1] === '--mount').find(one => one.includes('dst=/workspace'))
  writeFileSync(stateOf(name), JSON.stringify({ pid: process.pid, workspace: /src=([^,"]*)/.exec(mount)[1] }))
  process.on('exit', () => rmSync(stateOf(name), { force: true }))
  process.on('SIGTERM', () => process.exit(137))
  process.stdin.on('end', () => process.exit(0)).resume()
  process.stdout.write('ready\n')
}
else if (verb === 'exec') {
  const at = args.indexOf('/bin/sh')
  const state = stateOf(args[at - 1])
  if (!existsSync(state)) {
    process.stderr.write('no such container\n')
    process.exit(125)
  }
  const { workspace } = JSON.parse(readFileSync(state, 'utf8'))
  const passed = Object.fromEntries(args.filter((_, index) => args[index - 1] === '--env').map(name => [name, environment[name]]))
  const child = spawn('/bin/sh', ['-c', args.at(-1).replace('cd /workspace', `cd '${workspace}'`)], { env: { PATH: '/usr/bin:/bin', ...passed }, stdio: 'inherit' })
  child.on('exit', code => process.exit(code ?? 137))
}
else if (verb === 'rm') {
  for (const name of args.filter(word => existsSync(stateOf(word)))) {
    process.kill(JSON.parse(readFileSync(stateOf(name), 'utf8')).pid, 'SIGTERM')
  }
}
