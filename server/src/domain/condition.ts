import type { ASTNode } from '@marcbachmann/cel-js'
import { Environment } from '@marcbachmann/cel-js'

/**
 * `if:` of a step: an expression in CEL, the Common Expression Language.
 * It sees `steps['name'].exitCode`, `steps['name'].status`, `inputs.x` and `task`; it has no clock, no files, no loops
 * to speak of. Size, depth and the functions that it may call are bounded, so that no manifest can make it run long.
 */

export interface ConditionContext {
  /** The steps before this one, by name. `exitCode` is null for a step that was skipped or ended by a signal. */
  steps: Record<string, { exitCode: number | null, status: string }>
  inputs: Record<string, string | number | boolean>
  task: string
}

export type ConditionOutcome = { ok: true, value: boolean } | { ok: false, error: string }

/** Answers true or false, or one sentence that says what is wrong with the expression. Never throws. */
export function evaluateCondition(expression: string, context: ConditionContext): ConditionOutcome {
  const checked = checkCondition(expression)
  if (!checked.ok)
    return { ok: false, error: checked.error }
  try {
    const value: unknown = environment.evaluate(expression, { ...context })
    if (typeof value === 'boolean')
      return { ok: true, value }
    return { ok: false, error: `the condition ${quote(expression)} must give true or false, but it gives ${describe(value)}` }
  }
  catch (error) {
    return { ok: false, error: `the condition ${quote(expression)} failed: ${reason(error)}` }
  }
}

/** Parses and type-checks without running: `steps` names every step that the expression mentions by a literal name. */
export function checkCondition(expression: string): { ok: true, steps: string[] } | { ok: false, error: string } {
  if (expression.length > MAX_LENGTH)
    return { ok: false, error: `a condition has at most ${MAX_LENGTH} characters, this one has ${expression.length}` }
  try {
    const { ast, check } = environment.parse(expression)
    const { type, error } = check()
    if (error)
      return { ok: false, error: reason(error) }
    if (type !== 'bool' && type !== 'dyn')
      return { ok: false, error: `it must give true or false, but it gives ${type ?? 'nothing'}` }
    return inspect(ast)
  }
  catch (error) {
    return { ok: false, error: reason(error) }
  }
}

const MAX_LENGTH = 1000

const environment = new Environment({
  unlistedVariablesAreDyn: false,
  limits: { maxAstNodes: 300, maxDepth: 24, maxListElements: 32, maxMapEntries: 0, maxCallArguments: 4 },
})
  .registerVariable('steps', 'map<string, dyn>')
  .registerVariable('inputs', 'map<string, dyn>')
  .registerVariable('task', 'string')

const CALLS = ['size', 'has', 'contains', 'startsWith', 'endsWith', 'string', 'int', 'double', 'bool']
/** Walk over the steps; one in an expression, since nested ones multiply. `matches` is absent: a pattern can run for ever. */
const WALKS = ['exists', 'all']

function inspect(ast: ASTNode): { ok: true, steps: string[] } | { ok: false, error: string } {
  const steps: string[] = []
  let walks = 0
  const open: ASTNode[] = [ast]
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.op === 'call' || node.op === 'rcall') {
      const name = node.args[0]
      if (!CALLS.includes(name) && !WALKS.includes(name))
        return { ok: false, error: `${name}() is not available in a condition; there are ${[...CALLS, ...WALKS].join(', ')}` }
      walks += WALKS.includes(name) ? 1 : 0
    }
    if (node.op === '[]' && isSteps(node.args[0]) && node.args[1].op === 'value' && typeof node.args[1].args === 'string')
      steps.push(node.args[1].args)
    if (node.op === '.' && isSteps(node.args[0]))
      steps.push(node.args[1])
    open.push(...children(node.args))
  }
  if (walks > 1)
    return { ok: false, error: 'a condition may use exists() or all() once' }
  return { ok: true, steps }
}

function children(args: unknown): ASTNode[] {
  if (Array.isArray(args))
    return args.flatMap(children)
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [] // only AST nodes have an op
}

function isSteps(node: ASTNode): boolean {
  return node.op === 'id' && node.args === 'steps'
}

function reason(error: unknown): string {
  if (error instanceof RangeError)
    return 'it is nested too deeply'
  const message = error instanceof Error ? error.message : String(error)
  const first = (message.split('\n')[0] ?? '').trim()
  return first.replace(/^No such key: (.*)$/, 'there is no $1').replace('Unexpected token: EOF', 'it ends too early')
    .replace(/^Unknown variable: (.*)$/, 'there is no $1; a condition sees steps, inputs and task')
}

function quote(expression: string): string {
  return JSON.stringify(expression.length > 80 ? `${expression.slice(0, 79)}…` : expression)
}

function describe(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'number' ? `the number ${value}` : value === null ? 'null' : `a ${typeof value}`
}
