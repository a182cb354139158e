/**
 * A cron expression as a person would say it: `weekdays at 09:00`. Null for what is not one of the common ones: then its fields
 * say it better than a sentence.
 */
export function cronWords(expression: string): string | null {
  const fields = expression.trim().split(/\s+/)
  if (fields.length === 6 && fields[0] !== '0')
    return everySeconds(fields)
  const [minute, hour, day, month, weekday] = fields.length === 6 ? fields.slice(1) : fields
  if (minute === undefined || hour === undefined || day === undefined || month === undefined || weekday === undefined || fields.length > 6)
    return null
  const days = dayWords(day, month, weekday)
  if (days === null)
    return null
  const often = days === '' ? withinDay(minute, hour) : null
  if (often !== null)
    return often
  const times = timesOf(minute, hour)
  return times && `${days || 'every day'} at ${inWords(times)}`
}

function everySeconds(fields: string[]): string | null {
  const step = stepOf(fields[0]!)
  return step !== null && fields.slice(1).every(field => field === '*') ? every(step, 'second') : null
}

function withinDay(minute: string, hour: string): string | null {
  if (hour === '*') {
    const step = stepOf(minute)
    if (step !== null)
      return every(step, 'minute')
    const minutes = listOf(minute, 59)
    return minutes && `every hour at ${inWords(minutes.map(one => `:${pad(one)}`))}`
  }
  const hours = stepOf(hour)
  const [at, ...more] = listOf(minute, 59) ?? []
  return hours !== null && hours > 1 && at !== undefined && more.length === 0 ? `${every(hours, 'hour')}${at > 0 ? ` at :${pad(at)}` : ''}` : null
}

const WEEKDAYS = ['Sundays', 'Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays']
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

/** Empty for every day. */
function dayWords(day: string, month: string, weekday: string): string | null {
  if (day === '*' && month === '*')
    return weekdayWords(weekday)
  const days = listOf(day, 31)
  if (weekday !== '*' || days === null || days.includes(0))
    return null
  if (month === '*')
    return `on the ${inWords(days.map(ordinal))} of each month`
  const months = listOf(month, 12)
  return months && !months.includes(0) ? `on ${inWords(days.map(String))} ${inWords(months.map(one => MONTHS[one - 1]!))}` : null
}

function weekdayWords(weekday: string): string | null {
  if (weekday === '*')
    return ''
  if (/^(?:1-5|mon-fri)$/i.test(weekday))
    return 'weekdays'
  if (/^(?:0,6|6,0|6,7|sat,sun)$/i.test(weekday))
    return 'weekends'
  const numbers = listOf(weekday.replace(/[a-z]{3}/gi, name => String(WEEKDAYS.findIndex(one => one.slice(0, 3).toLowerCase() === name.toLowerCase()))), 7)
  return numbers && inWords(numbers.map(one => WEEKDAYS[one % 7]!))
}

function timesOf(minute: string, hour: string): string[] | null {
  const minutes = listOf(minute, 59)
  const hours = listOf(hour, 23)
  if (!minutes || !hours || minutes.length * hours.length > 4)
    return null
  return hours.flatMap(one => minutes.map(other => `${pad(one)}:${pad(other)}`))
}

/** `9,17`, at most six of them; null for anything else. */
function listOf(field: string, most: number): number[] | null {
  if (!/^\d{1,2}(?:,\d{1,2}){0,5}$/.test(field))
    return null
  const numbers = field.split(',').map(Number)
  return numbers.every(one => one <= most) ? numbers : null
}

/** Of `*` 1, of `*` over 5 that 5. */
function stepOf(field: string): number | null {
  if (field === '*')
    return 1
  const step = /^\*\/(\d{1,2})$/.exec(field)
  return step && Number(step[1]) > 0 ? Number(step[1]) : null
}

function every(count: number, unit: string): string {
  return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`
}

function ordinal(day: number): string {
  const tail = day % 100 >= 11 && day % 100 <= 13 ? 'th' : ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th'
  return `${day}${tail}`
}

function inWords(words: string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : words[0] ?? ''
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}
