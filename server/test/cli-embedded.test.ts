import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { agentos, jsonLines, writeManifest } from './cli-harness.ts'
import { processesOf, runCommand } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

it('with no server running a run brings its own, says nothing of it and leaves nothing of it behind', async () => {
  const dataDir = await temporaryFolder()
  const folder = await temporaryFolder()
  const manifest = await writeManifest(dataDir, 'alone', 'touch here; ls')
  // What the log of a server would say is for --verbose.
  const { code, stdout, stderr } = await agentos(['run', manifest, '--workspace', folder], dataDir, { env: { AGENTOS_LOG_LEVEL: 'trace', AGENTOS_WORKSPACE_ROOTS: 'none' } })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/│ here\n[\s\S]+✓ succeeded/)
  expect(code).toBe(0)
  expect(existsSync(join(dataDir, 'server.json'))).toBe(false)
  expect(await processesOf(dataDir)).toEqual([])
})

it('a second command finds the server of the first, which stays until the second one\'s run has ended', async () => {
  const dataDir = await temporaryFolder()
  const [near, far] = await Promise.all(['near', 'far'].map(name => writeManifest(dataDir, name, `echo ${name}; while true; do sleep 0.1; done`)))
  const first = runCommand(['run', near!], dataDir)
  await first.says(/│ near/)
  const second = runCommand(['run', far!], dataDir)
  await second.says(/│ far/)
  const list = await agentos(['ps', '--json'], dataDir)
  expect(jsonLines(list).map(run => run.status)).toEqual(['running', 'running'])

  await agentos(['stop', 'near'], dataDir)
  await expect.poll(first.stderr).toMatch(/^other commands use this server; it ends when their runs have \(far \w{20}\)\n$/)
  expect(first.child.exitCode).toBe(null)
  await agentos(['stop', 'far'], dataDir)
  expect(await second.exited).toEqual([1, null])
  expect(second.stdout()).toMatch(/⊘ cancelled in .+ 1 step · .+\n$/)
  expect(await first.exited).toEqual([1, null])
  expect(await processesOf(dataDir)).toEqual([])
})

it('stops its run in order when its reader has seen enough', async () => {
  const dataDir = await temporaryFolder()
  const manifest = await writeManifest(dataDir, 'endless', 'while true; do echo more; sleep 0.1; done')
  const command = runCommand(['run', manifest], dataDir)
  command.child.stdout!.once('data', () => command.child.stdout!.destroy())
  expect(await command.exited).toEqual([1, null])
  expect(command.stderr()).toBe('')
  expect(await processesOf(dataDir)).toEqual([])
  const [run] = jsonLines(await agentos(['ps', '--json'], dataDir))
  expect(run).toMatchObject({ status: 'cancelled', reason: 'cancelled' })
})

it('stops its run in order on Ctrl-C, and does not wait for that when it comes again', async () => {
  const dataDir = await temporaryFolder()
  const manifest = await writeManifest(dataDir, 'stubborn', 'trap "" TERM; echo begun; while true; do sleep 0.1; done')
  const command = runCommand(['run', manifest], dataDir)
  await command.says(/begun/)
  command.child.kill('SIGINT')
  await command.says(/stop requested/)
  command.child.kill('SIGINT')
  expect(await command.exited).toEqual([130, null])
  await expect.poll(() => processesOf(dataDir)).toEqual([])
  const [run] = jsonLines(await agentos(['ps', '--json'], dataDir))
  expect(run?.status).toBe('cancelled')
})

it('to look at runs does not run them: one that lost its server waits for the next, and can be stopped and read', async () => {
  const dataDir = await temporaryFolder()
  const manifest = await writeManifest(dataDir, 'again', 'echo begun; sleep 300', 'retry: { attempts: 2 }\n')
  const command = runCommand(['run', manifest], dataDir)
  await command.says(/begun/)
  command.child.kill('SIGKILL')
  await command.exited

  const [waiting] = jsonLines(await agentos(['ps', '--json'], dataDir))
  expect(waiting).toMatchObject({ status: 'queued', attempt: 1 })
  const logs = await agentos(['logs', '-f', 'again'], dataDir)
  expect(logs.stdout).toMatch(/│ begun\n[\s\S]*attempt 1 was lost/)
  expect(logs.stderr).toBe('no server runs, so this run does not go on: agentos serve\n')
  const stopped = await agentos(['stop', waiting!.id], dataDir)
  expect(stopped.stdout).toContain('⊘ cancelled again')
  const pruned = await agentos(['prune', '--force'], dataDir)
  expect(pruned.stdout).toBe('1 run deleted\n')
})

it('two commands that only look wait for each other', async () => {
  const dataDir = await temporaryFolder()
  const both = await Promise.all([agentos(['ps'], dataDir), agentos(['ps'], dataDir)])
  expect(both).toEqual([1, 2].map(() => ({ code: 0, signal: null, stdout: 'no runs yet   agentos run repo-report starts one\n', stderr: '' })))
})

it('to detach needs a server that goes on', async () => {
  const { code, stderr } = await agentos(['run', 'repo-report', '--detach'], await temporaryFolder())
  expect(stderr).toMatch(/^error --detach needs a server .+ `agentos serve`/)
  expect(code).toBe(1)
})
