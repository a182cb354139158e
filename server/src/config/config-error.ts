import type { EnvironmentName } from './environment.ts'

/** A value that stops the start. Its message is one line that names the variable. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  /** The variable, or `.env` when the file itself cannot be read. */
  readonly variable: EnvironmentName | `${string}_API_KEY` | '.env'

  constructor(variable: EnvironmentName | `${string}_API_KEY` | '.env', sentence: string) {
    super(`${variable}: ${sentence}`)
    this.variable = variable
  }
}
