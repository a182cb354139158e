import type { RunEvent } from '../domain/event.ts'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it } from 'vitest'
import { openWorker } from '../../test/worker/open-worker.ts'

const output = (events: RunEvent[]) => events.map(({ type, data }) => type === 'step.output' ? (data as { text: string }).text : '').join('')

async function withPrograms() {
  const worker = await openWorker()
  const dir = join(worker.base, 'programs')
  await mkdir(join(dir, 'bin'), { recursive: true })
  await mkdir(join(dir, 'node_modules', '.bin'), { recursive: true })
  await mkdir(join(dir, 'node_modules', 'agent'))
  await writeFile(join(dir, 'bin', 'greet'), '#!/bin/sh\nfor word in "$@"; do echo "[$word]"; done; cat\n', { mode: 0o755 })
  await writeFile(join(dir, 'node_modules', 'agent', 'cli.js'), '#!/usr/bin/env node\nconsole.log(process.version, process.argv.slice(2).join("|"))\n', { mode: 0o755 })
  await symlink('../agent/cli.js', join(dir, 'node_modules', '.bin', 'agent'))
  await symlink('/bin/ls', join(dir, 'bin', 'outside'))
  for (const path of [dir, join(dir, 'bin'), join(dir, 'node_modules'), join(dir, 'node_modules', '.bin'), join(dir, 'node_modules', 'agent')])
    await chmod(path, 0o755)
  return { worker, dir }
}

it.each(['sandbox', 'process'] as const)('programs are found by name at level %s, before the system\'s own, and cannot be changed', async (isolation) => {
  const { worker, dir } = await withPrograms()
  const { id } = await worker.run('programs: [node, agent, greet]\nsteps:\n  - run: agent a "b c"; greet x </dev/null; command -v node; (echo y >>"$(command -v greet)") 2>/dev/null || echo read-only', { isolation })
  const events = await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded' })
  expect(output(events)).toContain(`${process.version} a|b c\n[x]\n`)
  expect(output(events)).toContain(isolation === 'sandbox' ? '/opt/agentos/bin/node\n' : `${process.execPath}\n`)
  if (isolation === 'sandbox' || process.getuid?.() === 0)
    expect(output(events)).toContain('read-only')
  expect(output(events).includes(dir)).toBe(false)
})

it.each(['missing', 'outside', 'node_modules/agent/cli.js'])('a program that is not there (%s) refuses the run, and says what to install', async (name) => {
  const { worker, dir } = await withPrograms()
  const { id } = await worker.run(`programs: [node, "${name}"]\nsteps:\n  - run: ls`)
  await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ status: 'failed', reason: 'refused', detail: expect.stringContaining(`npm install --prefix ${dir}`) })
})

it('a folder of programs that the run\'s user cannot come to refuses the run', async () => {
  if (process.getuid?.() !== 0)
    return // One user for all: what the server can read, a run can.
  const { worker, dir } = await withPrograms()
  await chmod(dir, 0o700)
  const { id } = await worker.run('programs: [greet]\nsteps:\n  - run: greet')
  await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ reason: 'refused', detail: expect.stringContaining('AGENTOS_PROGRAMS_DIR') })
})

it('somebody else\'s agent is one step: its arguments filled in and kept whole, nothing on its standard input, then verified', async () => {
  const { worker } = await withPrograms()
  const task = 'say "hi" & rm -rf $HOME; `id` \'now\''
  const source = 'runtime: command\nprograms: [greet]\ninputs: { mood: { type: string, default: glad } }\nagent:\n  command: greet\n  args: [-p, "{{task}}", "in a {{inputs.mood}} mood"]\nverify:\n  - run: test -d /workspace'
  const { id } = await worker.run(source, { task, inputs: { mood: 'glad' } })
  const events = await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', steps: 2 })
  expect(output(events)).toBe(`[-p]\n[${task}]\n[in a glad mood]\n`)
  expect(events.filter(({ type }) => type === 'step.started').map(({ data }) => (data as { name: string }).name)[0]).toBe('greet')
})

it('an agent that fails, is denied, or is not there ends the run as a step would', async () => {
  const { worker } = await withPrograms()
  for (const [source, reason] of [
    ['agent: { command: sh, args: [-c, "exit 3"] }', 'error'],
    ['commands: { deny: ["sh **"] }\nagent: { command: sh, args: [-c, "exit 0"] }', 'not_permitted'],
    ['agent: { command: no-such-agent }', 'not_found'],
    ['agent: { command: sleep, args: ["60"] }\nlimits: { time: 1s }', 'timeout'],
    ['agent: { command: "true" }\nverify: [{ run: "false" }]', 'error'],
  ]) {
    const { id } = await worker.run(`runtime: command\n${source}`)
    await worker.ended(id)
    expect(await worker.view(id), source).toMatchObject({ status: 'failed', reason })
  }
})
