import process from 'node:process'
import { expect, it } from 'vitest'
import { Problem } from './report.mjs'
import { capture, run } from './run.mjs'

const failing = words => run('fetching', process.execPath, ['-e', `console.error(${JSON.stringify(words)}); process.exit(3)`])

it.each([
  ['npm error code EAI_AGAIN\nnpm error syscall getaddrinfo', /network/],
  ['Failed to write: No\n      space left on device (os error 28)', /disk is full/],
  ['EACCES: permission denied, mkdir \'/srv/x\'', /may not write there/],
  ['Error: ERR_PNPM_OUTDATED_LOCKFILE', /lock file/],
  ['something nobody has seen before', /read the output above/],
])('knows what to do about %j', async (words, whatToDo) => {
  const problem = await failing(words).catch(error => error)
  expect(problem).toBeInstanceOf(Problem)
  expect(problem.message).toBe('fetching failed (exit code 3)')
  expect(problem.output.trim()).toBe(words)
  expect(problem.whatToDo).toMatch(whatToDo)
})

it('says when a program is not there', async () => {
  await expect(run('fetching', '/does/not/exist', [])).rejects.toMatchObject({ message: expect.stringContaining('could not be started'), whatToDo: expect.stringContaining('PATH') })
})

it('keeps the end of a long output', async () => {
  const { output, code } = await capture(process.execPath, ['-e', 'process.stdout.write("x".repeat(100000) + "the end")'])
  expect(code).toBe(0)
  expect(output.length).toBeLessThan(30_000)
  expect(output.endsWith('the end')).toBe(true)
})

it('gives a step this Node under the name of node', async () => {
  const { output } = await capture('node', ['-p', 'process.execPath'])
  expect(output.trim()).toBe(process.execPath)
})
