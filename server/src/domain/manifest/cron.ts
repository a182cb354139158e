import { Cron } from 'croner'

/** What is wrong with five cron fields, in a few words, or null. Days that never come (30 February) are wrong too. */
export function cronProblem(expression: string): string | null {
  try {
    const cron = new Cron(expression, { mode: '5-part', timezone: 'UTC', paused: true })
    return cron.nextRun() === null ? 'it never comes' : null
  }
  catch (error) {
    return error instanceof Error ? error.message.replace(/^(?:CronPattern|Cron): /, '') : String(error)
  }
}

export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  }
  catch {
    return false
  }
}
