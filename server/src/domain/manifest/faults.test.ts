import type { ManifestProblem } from '../views/agent.ts'
import { expect, it } from 'vitest'
import { parseManifest } from './parse.ts'

/** A faulty manifest and the one problem that it must be told: where, which key, what was expected, what came, what to do. */
interface Fault {
  what: string
  yaml: string
  at: [line: number, column: number]
  key: string
  expected: string | RegExp
  received: string | RegExp
  hint?: string | RegExp
}

const SCRIPT = 'name: a\nsteps:\n  - run: ls\n'
const LLM = 'name: a\nmodel: openai/gpt-5\n'

const FAULTS: Fault[] = [
  // Limits of the queue.
  { what: 'a key that nothing limits', yaml: `${SCRIPT}concurrency: { key: "{{task}}" }\n`, at: [4, 1], key: 'concurrency.perKey', expected: 'a whole number from 1 to 1000', received: 'nothing', hint: /belong together/ },
  { what: 'a limit by key with no key', yaml: `${SCRIPT}concurrency: { perKey: 1 }\n`, at: [4, 1], key: 'concurrency.key', expected: /^a template/, received: 'nothing' },
  { what: 'a key of an input that there is not', yaml: `${SCRIPT}concurrency: { perKey: 1, key: "{{inputs.repo}}" }\n`, at: [4, 32], key: 'concurrency.key', expected: '{{task}}; there are no inputs', received: '{{inputs.repo}}' },
  { what: 'a rate with no time', yaml: `${SCRIPT}rate: { runs: 3 }\n`, at: [4, 1], key: 'rate.per', expected: /^a duration/, received: 'nothing' },

  // The file itself.
  { what: 'an empty file', yaml: '', at: [1, 1], key: '', expected: 'a manifest', received: 'an empty file', hint: /name: and steps:/ },
  { what: 'nothing but a comment', yaml: '# later\n', at: [1, 1], key: '', expected: 'a manifest', received: 'an empty file' },
  { what: 'a list instead of a mapping', yaml: '- name: a\n', at: [1, 1], key: '', expected: /^a mapping of keys/, received: 'a list' },
  { what: 'a plain text', yaml: 'hello there', at: [1, 1], key: '', expected: /^a mapping of keys/, received: 'hello there' },
  { what: 'two documents', yaml: `${SCRIPT}---\nname: b\n`, at: [4, 1], key: '', expected: 'one document', received: 'a second one after ---', hint: /file of its own/ },
  { what: 'a file that is too big', yaml: `# ${'x'.repeat(300 * 1024)}`, at: [1, 1], key: '', expected: 'a manifest of at most 256KiB', received: '301KiB' },
  { what: 'nesting that is too deep', yaml: `name: ${'['.repeat(60)}${']'.repeat(60)}`, at: [1, 26], key: '', expected: 'at most 20 levels of nesting', received: 'more' },
  { what: 'nesting that overflows a stack', yaml: '['.repeat(100_000), at: [1, 501], key: '', expected: 'at most 20 levels of nesting', received: 'more' },
  {
    what: 'aliases that unfold to a huge document',
    yaml: 'a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n',
    at: [1, 1],
    key: '',
    expected: 'few aliases',
    received: 'aliases that unfold to a huge document',
  },
  { what: 'thousands of aliases', yaml: `a: &a 1\n${Array.from({ length: 15_000 }, (_, n) => `b${n}: *a`).join('\n')}`, at: [1, 0], key: '', expected: /^at most \d+ (?:entries|aliases)$/, received: 'more' },
  { what: 'thousands of keys', yaml: Array.from({ length: 15_000 }, (_, n) => `b${n}: 1`).join('\n'), at: [1, 0], key: '', expected: 'at most 5000 entries', received: 'more' },
  { what: 'an alias inside its own anchor', yaml: 'name: a\nsteps: &s\n  - run: *s\n', at: [3, 10], key: 'steps[0].run', expected: 'an alias of an anchor above', received: '*s' },
  { what: 'an alias of nothing', yaml: 'name: *nobody\n', at: [1, 7], key: 'name', expected: 'an alias of an anchor above', received: '*nobody' },
  { what: 'a key given twice', yaml: 'name: a\nsteps:\n  - run: ls\nname: b\n', at: [4, 1], key: 'name', expected: 'each key once', received: 'name for the second time', hint: /remove one/ },
  { what: 'a tab as indentation', yaml: 'name: a\nsteps:\n\t- run: ls\n', at: [3, 1], key: 'steps', expected: 'spaces', received: 'a tab', hint: /tabs/ },
  { what: 'a quote that is not closed', yaml: 'name: "a\n', at: [2, 1], key: '', expected: 'valid YAML', received: /./, hint: /missing closing/ },
  { what: 'a colon in a plain value', yaml: 'name: a\ndescription: note: this\n', at: [2, 14], key: 'description', expected: 'a value on this line', received: /note/, hint: /quoted/ },
  { what: 'a tag', yaml: 'name: !include other.yaml\n', at: [1, 7], key: 'name', expected: 'a plain value', received: '!include', hint: /tags/ },
  { what: 'the key __proto__', yaml: `${SCRIPT}__proto__: { x: 1 }\n`, at: [4, 1], key: '__proto__', expected: 'a known key', received: '__proto__' },

  // Keys.
  { what: 'a misspelt key', yaml: `${SCRIPT}desciption: x\n`, at: [4, 1], key: 'desciption', expected: 'a known key', received: 'desciption', hint: 'did you mean description?' },
  { what: 'a misspelt key further in', yaml: `${SCRIPT}limits: { memori: 1GiB }\n`, at: [4, 11], key: 'limits.memori', expected: /^a key of limits: time, /, received: 'memori', hint: 'did you mean memory?' },
  { what: 'a misspelt key of a step', yaml: 'name: a\nsteps:\n  - run: ls\n    time_out: 3s\n', at: [4, 5], key: 'steps[0].time_out', expected: /^a key of steps\[0\]: /, received: 'time_out', hint: 'did you mean timeout?' },
  { what: 'a key in the wrong place', yaml: `${SCRIPT}cron: "0 9 * * *"\n`, at: [4, 1], key: 'cron', expected: 'a known key', received: 'cron', hint: 'did you mean schedule.cron?' },
  { what: 'a word from elsewhere', yaml: `${LLM}system_prompt: hi\n`, at: [3, 1], key: 'system_prompt', expected: 'a known key', received: 'system_prompt', hint: 'did you mean instructions?' },
  { what: 'no name', yaml: 'steps:\n  - run: ls\n', at: [1, 1], key: 'name', expected: /^a name of a-z/, received: 'nothing' },
  { what: 'a name with a space', yaml: 'name: My Agent\nsteps: [{ run: ls }]\n', at: [1, 7], key: 'name', expected: /^a name of a-z/, received: 'My Agent' },
  { what: 'a name that is a number', yaml: 'name: 42\nsteps: [{ run: ls }]\n', at: [1, 7], key: 'name', expected: /^a name of a-z/, received: '42', hint: 'put it in quotes: "42"' },
  { what: 'a key without a value', yaml: `${SCRIPT}description:\n`, at: [4, 1], key: 'description', expected: 'a text', received: 'nothing' },
  { what: 'a word that is none of the choices', yaml: `${SCRIPT}isolation: vm\n`, at: [4, 12], key: 'isolation', expected: 'one of none, process, sandbox, container', received: 'vm' },
  { what: 'yes for a boolean', yaml: 'name: a\nsteps:\n  - run: ls\n    continueOnError: yes\n', at: [4, 22], key: 'steps[0].continueOnError', expected: 'true or false', received: 'yes' },
  { what: 'a mapping where a text belongs', yaml: `${SCRIPT}description: { a: 1 }\n`, at: [4, 14], key: 'description', expected: 'a text', received: 'a mapping' },
  { what: 'a list where a mapping belongs', yaml: `${SCRIPT}limits: [time]\n`, at: [4, 9], key: 'limits', expected: /^a mapping/, received: 'a list' },

  // Quantities.
  { what: 'a duration without a unit', yaml: `${SCRIPT}limits: { time: 30 }\n`, at: [4, 17], key: 'limits.time', expected: /^a duration such as 90s, 5m or 2h/, received: '30', hint: 'add a unit: 30s' },
  { what: 'a duration of nothing', yaml: `${SCRIPT}limits: { time: 0s }\n`, at: [4, 17], key: 'limits.time', expected: /from 1s to 30d/, received: '0s' },
  { what: 'a duration with an unknown unit', yaml: `${SCRIPT}limits: { time: 2 weeks }\n`, at: [4, 17], key: 'limits.time', expected: /^a duration/, received: '2 weeks' },
  { what: 'a size without a unit', yaml: `${SCRIPT}limits: { memory: 512 }\n`, at: [4, 19], key: 'limits.memory', expected: /^a size such as 512MiB/, received: '512', hint: 'add a unit: 512MiB' },
  { what: 'too little memory', yaml: `${SCRIPT}limits: { memory: 1KiB }\n`, at: [4, 19], key: 'limits.memory', expected: /from 16MiB to 1TiB/, received: '1KiB' },
  { what: 'money without its sign', yaml: `${LLM}limits: { cost: 2 }\n`, at: [3, 17], key: 'limits.cost', expected: /^an amount such as \$1\.50/, received: '2', hint: 'write $2' },
  { what: 'a negative number of steps', yaml: `${SCRIPT}limits: { steps: -1 }\n`, at: [4, 18], key: 'limits.steps', expected: 'a whole number from 1 to 10000', received: '-1' },
  { what: 'half a process', yaml: `${SCRIPT}limits: { processes: 1.5 }\n`, at: [4, 22], key: 'limits.processes', expected: 'a whole number from 1 to 32768', received: '1.5' },
  { what: 'endless CPUs', yaml: `${SCRIPT}limits: { cpu: .inf }\n`, at: [4, 16], key: 'limits.cpu', expected: 'a number from 0.05 to 256', received: '.inf' },
  { what: 'no attempt at all', yaml: `${SCRIPT}retry: { attempts: 0 }\n`, at: [4, 20], key: 'retry.attempts', expected: 'a whole number from 1 to 20', received: '0' },

  // Runtimes.
  { what: 'nothing to run', yaml: 'name: a\n', at: [1, 1], key: 'runtime', expected: /^steps: for a script, or model:/, received: 'nothing' },
  { what: 'a script without steps', yaml: 'name: a\nruntime: script\n', at: [1, 1], key: 'steps', expected: 'a list of steps', received: 'nothing', hint: 'runtime: script needs steps:' },
  { what: 'an empty list of steps', yaml: 'name: a\nsteps: []\n', at: [2, 8], key: 'steps', expected: 'at least one step', received: 'an empty list' },
  { what: 'a step that is a text', yaml: 'name: a\nsteps:\n  - ls\n', at: [3, 5], key: 'steps[0]', expected: /^a mapping with run:/, received: 'ls' },
  { what: 'a step without a command', yaml: 'name: a\nsteps:\n  - name: x\n', at: [3, 5], key: 'steps[0].run', expected: 'a command', received: 'nothing' },
  { what: 'an llm without a model', yaml: 'name: a\nruntime: llm\n', at: [1, 1], key: 'model', expected: /^a model as provider\/model/, received: 'nothing', hint: 'runtime: llm needs model:' },
  { what: 'a limit in dollars without prices', yaml: 'name: a\nmodel: openai/gpt-5\ncost: unmetered\nlimits: { cost: $1 }\n', at: [3, 7], key: 'cost', expected: 'metered, or no limits.cost', received: 'unmetered' },
  { what: 'a model without its provider', yaml: 'name: a\nmodel: gpt-5\n', at: [2, 8], key: 'model', expected: /^a model as provider\/model/, received: 'gpt-5' },
  { what: 'a bad model in a list', yaml: 'name: a\nmodel: [openai/gpt-5, gemini]\n', at: [2, 23], key: 'model[1]', expected: /^a model as provider\/model/, received: 'gemini' },
  { what: 'steps and a model', yaml: `${SCRIPT}model: openai/gpt-5\n`, at: [1, 1], key: 'runtime', expected: 'script or llm', received: 'nothing', hint: /both here/ },
  { what: 'an agent and a model', yaml: 'name: a\nmodel: claude/*\nagent: { command: claude }\n', at: [1, 1], key: 'runtime', expected: 'command or acp', received: 'nothing' },
  { what: 'all models of a provider for a loop that has to know which', yaml: 'name: a\nmodel: [openai/gpt-5, openai/*]\n', at: [2, 23], key: 'model[1]', expected: 'the full name of a model with runtime: llm', received: 'openai/*' },
  { what: 'a star in the middle of a model', yaml: `${SCRIPT}runtime: script\nmodel: openai/*-mini\n`, at: [5, 8], key: 'model', expected: 'a * at the end alone, such as claude/*', received: 'openai/*-mini' },
  { what: 'a key of another runtime', yaml: `${SCRIPT}instructions: be kind\n`, at: [4, 1], key: 'instructions', expected: 'no instructions with runtime: script', received: 'be kind', hint: 'instructions belongs to runtime: llm' },
  { what: 'an agent without a runtime', yaml: 'name: a\nagent: { command: claude }\n', at: [1, 1], key: 'runtime', expected: 'command or acp', received: 'nothing' },
  { what: 'a command runtime without its agent', yaml: 'name: a\nruntime: command\n', at: [1, 1], key: 'agent', expected: /^a mapping with command:/, received: 'nothing' },
  { what: 'a tool that does not exist', yaml: `${LLM}tools: [shell, browser]\n`, at: [3, 16], key: 'tools[1]', expected: 'one of shell, files, fetch', received: 'browser' },

  // Keys that need each other.
  { what: 'a container without an image', yaml: `${SCRIPT}isolation: container\n`, at: [1, 1], key: 'image', expected: 'the name of a container image', received: 'nothing' },
  { what: 'an image without a container', yaml: `${SCRIPT}image: debian:12\n`, at: [4, 1], key: 'image', expected: 'isolation: container beside it', received: 'debian:12' },
  { what: 'a secret of a step that is not listed', yaml: 'name: a\nsecrets: [A_KEY]\nsteps:\n  - run: ls\n    secrets: [B_KEY]\n', at: [5, 15], key: 'steps[0].secrets[0]', expected: 'a secret that the manifest lists', received: 'B_KEY' },
  { what: 'two steps of one name', yaml: 'name: a\nsteps:\n  - { name: x, run: ls }\n  - { name: x, run: pwd }\n', at: [4, 13], key: 'steps[1].name', expected: 'a name that no other step has', received: 'x' },
  { what: 'a default of another type', yaml: `${SCRIPT}inputs: { n: { type: number, default: many } }\n`, at: [4, 39], key: 'inputs.n.default', expected: 'a number, as its type says', received: 'many' },
  { what: 'an input without a type', yaml: `${SCRIPT}inputs: { n: { default: 1 } }\n`, at: [4, 11], key: 'inputs.n.type', expected: 'one of string, number, boolean', received: 'nothing' },
  { what: 'an input with a dash in its name', yaml: `${SCRIPT}inputs: { a-b: { type: string } }\n`, at: [4, 11], key: 'inputs.a-b', expected: /^a name of letters, digits and _/, received: 'a-b' },
  { what: 'two inputs that are one variable', yaml: `${SCRIPT}inputs: { path: { type: string }, Path: { type: string } }\n`, at: [4, 35], key: 'inputs.Path', expected: /not path/, received: 'Path', hint: 'both would be $INPUT_PATH' },
  { what: 'a template of an input that is not there', yaml: `${SCRIPT}workspace: { from: "{{inputs.path}}" }\n`, at: [4, 20], key: 'workspace.from', expected: '{{task}}; there are no inputs', received: '{{inputs.path}}', hint: /inputs:/ },
  { what: 'a template in instructions that is not there', yaml: `${LLM}inputs: { a: { type: string } }\ninstructions: look at {{inputs.b}}\n`, at: [4, 15], key: 'instructions', expected: '{{task}} or one of {{inputs.a}}', received: '{{inputs.b}}' },
  { what: 'a template in a command', yaml: 'name: a\ninputs: { b: { type: string } }\nsteps:\n  - run: ls {{inputs.b}}\n', at: [4, 10], key: 'steps[0].run', expected: '"$INPUT_B"', received: '{{inputs.b}}', hint: /environment/ },

  // Conditions and schedules.
  { what: 'a check that may fail', yaml: `${SCRIPT}verify: [{ run: ls, continueOnError: true }]\n`, at: [4, 21], key: 'verify[0].continueOnError', expected: /^a key of verify\[0\]: name, run, /, received: 'continueOnError' },
  { what: 'a condition that ends too early', yaml: 'name: a\nsteps:\n  - run: ls\n    if: task ==\n', at: [4, 9], key: 'steps[0].if', expected: /it ends too early/, received: 'task ==' },
  { what: 'a condition that gives a text', yaml: 'name: a\nsteps:\n  - run: ls\n    if: task\n', at: [4, 9], key: 'steps[0].if', expected: /gives string/, received: 'task' },
  { what: 'a condition on something unknown', yaml: 'name: a\nsteps:\n  - run: ls\n    if: env.HOME == "x"\n', at: [4, 9], key: 'steps[0].if', expected: /there is no env/, received: 'env.HOME == "x"' },
  { what: 'a condition on a later step', yaml: 'name: a\nsteps:\n  - name: one\n    run: ls\n    if: steps["two"].exitCode == 0\n  - { name: two, run: ls }\n', at: [5, 9], key: 'steps[0].if', expected: /earlier step/, received: 'two' },
  { what: 'a cron expression with four fields', yaml: `${SCRIPT}schedule: { cron: "0 9 * *" }\n`, at: [4, 19], key: 'schedule.cron', expected: /^five cron fields/, received: '"0 9 * *"' },
  { what: 'a day that never comes', yaml: `${SCRIPT}schedule: { cron: "0 9 30 2 *" }\n`, at: [4, 19], key: 'schedule.cron', expected: /it never comes/, received: '"0 9 30 2 *"' },
  { what: 'a time zone that does not exist', yaml: `${SCRIPT}schedule: { cron: "0 9 * * *", timezone: Europe/Atlantis }\n`, at: [4, 42], key: 'schedule.timezone', expected: /Europe\/Berlin/, received: 'Europe/Atlantis' },
  { what: 'a schedule of nothing', yaml: `${SCRIPT}schedule: { overlap: skip }\n`, at: [4, 1], key: 'schedule', expected: 'one of cron:, every: and at:', received: 'none of them' },
  { what: 'two schedules in one', yaml: `${SCRIPT}schedule: { every: 1h, at: 2026-12-24T18:00 }\n`, at: [4, 1], key: 'schedule', expected: 'one of cron:, every: and at:', received: 'every and at' },
  { what: 'a zone of a wait', yaml: `${SCRIPT}schedule: { every: 1h, timezone: Europe/Berlin }\n`, at: [4, 24], key: 'schedule.timezone', expected: 'cron: or at: beside it', received: 'Europe/Berlin', hint: /last start/ },
  { what: 'a moment that is none', yaml: `${SCRIPT}schedule: { at: 2026-02-30T18:00 }\n`, at: [4, 17], key: 'schedule.at', expected: /^a moment such as 2026-12-24T18:00/, received: '2026-02-30T18:00' },
  { what: 'a moment where cron fields belong', yaml: `${SCRIPT}schedule: { cron: "2026-12-24T18:00:00" }\n`, at: [4, 19], key: 'schedule.cron', expected: /say it with at/, received: '"2026-12-24T18:00:00"' },
  { what: 'a cron expression with seven fields', yaml: `${SCRIPT}schedule: { cron: "0 0 9 * * 1 2026" }\n`, at: [4, 19], key: 'schedule.cron', expected: /^five cron fields .* or six/, received: '"0 0 9 * * 1 2026"' },
  { what: 'a window of no length', yaml: `${SCRIPT}schedule: { every: 1h, catchUpWindow: 0s }\n`, at: [4, 39], key: 'schedule.catchUpWindow', expected: /^a duration .* from 1m/, received: '0s' },
  { what: 'a policy that does not exist', yaml: `${SCRIPT}schedule: { every: 1h, overlap: kill }\n`, at: [4, 33], key: 'schedule.overlap', expected: 'one of skip, queue, replace', received: 'kill' },

  // Reaching out.
  { what: 'a URL for a host', yaml: `${SCRIPT}network: ["https://example.com"]\n`, at: [4, 11], key: 'network[0]', expected: /^a host name/, received: '"https://example.com"' },
  { what: 'a word that is no network', yaml: `${SCRIPT}network: all\n`, at: [4, 10], key: 'network', expected: 'none, open, or a list of hosts', received: 'all' },
  { what: 'an MCP server that is neither', yaml: `${LLM}mcp: { search: { args: [a] } }\n`, at: [3, 8], key: 'mcp.search', expected: 'either program: or url:', received: 'neither' },
  { what: 'a secret in a header that is not listed', yaml: `${LLM}mcp:\n  s:\n    url: https://x.example/mcp\n    headers: { Authorization: "Bearer \${secrets.KEY}" }\n`, at: [6, 31], key: 'mcp.s.headers.Authorization', expected: 'a secret that the manifest lists', received: 'KEY' },

  // The prototype's keys.
  { what: 'a provider that the prototype did not have', yaml: 'name: a\nmodel_provider: opnai\nmodel_version: gpt-5\n', at: [2, 17], key: 'model_provider', expected: /^one of github, openai/, received: 'opnai' },
  { what: 'a provider without a version', yaml: 'name: a\nmodel_provider: openai\n', at: [1, 1], key: 'model_version', expected: 'model_provider and model_version together', received: 'nothing' },
  { what: 'an hour that is not in a day', yaml: `${SCRIPT}time: 24\n`, at: [4, 7], key: 'time', expected: /^an hour from 0 to 23/, received: '24' },
  { what: 'the old and the new word for limits', yaml: `${SCRIPT}limits: { steps: 3 }\nresource_limits: { max_steps: 3 }\n`, at: [5, 1], key: 'resource_limits', expected: 'resource_limits or limits, not both', received: 'both' },
  { what: 'an unknown limit of the prototype', yaml: `${SCRIPT}resource_limits: { max_gpu: 1 }\n`, at: [4, 20], key: 'resource_limits.max_gpu', expected: /^a key of resource_limits: max_steps/, received: 'max_gpu' },
]

it.each(FAULTS)('$what is told with its place, what was expected and what came', ({ yaml, at: [line, column], key, expected, received, hint }) => {
  const result = parseManifest(yaml, { file: 'agents/a.yaml' })
  expect(result.ok).toBe(false)
  const problems: ManifestProblem[] = result.ok ? [] : result.problems
  const problem = problems.find(one => one.key === key)
  expect(problem, JSON.stringify(problems)).toBeDefined()
  expect(problem).toMatchObject({ file: 'agents/a.yaml', ...column > 0 && { line, column } })
  expect(problem?.expected).toMatch(exactly(expected))
  expect(problem?.received).toMatch(exactly(received))
  if (hint !== undefined)
    expect(problem?.hint).toMatch(exactly(hint))
})

it('everything that is wrong is said at once, in the order of the file', () => {
  const result = parseManifest('name: A B\nlimits: { time: 5, foo: 1 }\nsteps:\n  - rn: ls\n    if: "1 +"\nschedule: { cron: x }\nzzz: 1\n', { file: 'a.yaml' })
  const keys = result.ok ? [] : result.problems.map(problem => problem.key)
  expect(keys).toEqual(['name', 'limits.time', 'limits.foo', 'steps[0].run', 'steps[0].rn', 'steps[0].if', 'schedule.cron', 'zzz'])
})

function exactly(text: string | RegExp): RegExp {
  return typeof text === 'string' ? new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`) : text
}
