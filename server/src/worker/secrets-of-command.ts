import type { Manifest } from '../domain/manifest/manifest.ts'
import type { ExecutorAsk } from '../executor/protocol/output.ts'

type CommandAsk = Extract<ExecutorAsk, { kind: 'command' }>

/**
 * The values that a command may have: those that its manifest declares for this very command, and no others whoever asks for them.
 * undefined when it asks for none. Throws when it asks for what is not its own.
 */
export function secretsOfCommand({ command, secrets = [] }: CommandAsk, { steps, verify }: Pick<Manifest, 'steps' | 'verify'>, values: Record<string, string>): Record<string, string> | undefined {
  if (secrets.length === 0)
    return undefined
  const declared = [...steps, ...verify].some(step => step.run === command && secrets.every(name => step.secrets.includes(name)))
  if (!declared || !secrets.every(name => Object.hasOwn(values, name)))
    throw new TypeError('it asked for secrets that the manifest does not give to that command')
  return Object.fromEntries(secrets.map(name => [name, values[name]!])) // each is there
}
