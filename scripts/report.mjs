// What a person is told: one line for a problem, one for each long step. On standard error, so that a command's own output stays clean.

/** Something that a person can mend: what is wrong, and what to do. */
export class Problem extends Error {
  constructor(what, whatToDo, output = '') {
    super(what)
    this.whatToDo = whatToDo
    this.output = output
  }
}

export function tell(problem) {
  if (problem.output)
    process.stderr.write(`\n${problem.output.trimEnd()}\n\n`)
  process.stderr.write(`AgentOS: ${problem.message}. What to do: ${problem.whatToDo}.\n`)
}

/** Shows that a long step is under way, and for how long: in place on a terminal, at its start and end elsewhere. */
export async function progress(title, work) {
  const startedAt = Date.now()
  const elapsed = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`
  const isTerminal = process.stderr.isTTY === true
  const draw = () => process.stderr.write(`\r\u001B[2K${title} … ${elapsed()}`)
  if (isTerminal)
    draw()
  else
    process.stderr.write(`${title} …\n`)
  const timer = setInterval(isTerminal ? draw : () => process.stderr.write(`${title} … ${elapsed()}\n`), isTerminal ? 200 : 20_000)
  const close = mark => process.stderr.write(`${isTerminal ? '\r\u001B[2K' : ''}${title} ${mark} ${elapsed()}\n`)
  try {
    const result = await work()
    close('✔')
    return result
  }
  catch (error) {
    close('✘')
    throw error
  }
  finally {
    clearInterval(timer)
  }
}
