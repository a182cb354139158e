/** Small agents of the suite: they take moments, and their runs can be killed at every point. */
export const AGENTS = {
  tiny: `
name: tiny
isolation: process
steps: [{ run: "echo $AGENTOS_TASK", idempotent: true }]
`,
  quick: `
name: quick
isolation: process
retry: { attempts: 3, delay: 1s }
steps:
  - { name: one, run: "echo one $AGENTOS_TASK", idempotent: true }
  - { name: two, run: echo two, idempotent: true }
`,
  talker: `
name: talker
isolation: process
steps:
  - { name: talk, run: "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; sleep 0.03; done", idempotent: true }
  - { name: pause, run: sleep 0.05, idempotent: true }
  - { name: talk again, run: "for i in 1 2 3 4 5; do echo more $i >&2; sleep 0.02; done", idempotent: true }
`,
  boxed: `
name: boxed
isolation: sandbox
steps:
  - { name: leave something behind, run: "(setsid sleep 300 &) ; env | sort", idempotent: true }
  - { name: write, run: "head -c 20000 /dev/zero | tr '\\\\0' x; echo done > result", idempotent: true }
`,
  stumbling: `
name: stumbling
isolation: process
retry: { attempts: 2, delay: 1s, jitter: false }
steps:
  - { name: stumble, run: "echo before; exit 3" }
`,
  thinker: `
name: thinker
model: openai/scripted
cost: unmetered
isolation: process
tools: [shell]
approvals: { shell: auto }
effects: retry
instructions: Use the shell once, then say that it is done.
`,
} as const

export type AgentName = keyof typeof AGENTS
