import { expect, it } from 'vitest'
import { cronWords } from './cron-words.ts'

it.each([
  ['* * * * *', 'every minute'],
  ['*/30 * * * *', 'every 30 minutes'],
  ['15 * * * *', 'every hour at :15'],
  ['0,30 * * * *', 'every hour at :00 and :30'],
  ['0 */6 * * *', 'every 6 hours'],
  ['5 */2 * * *', 'every 2 hours at :05'],
  ['0 9 * * *', 'every day at 09:00'],
  ['0 9,17 * * *', 'every day at 09:00 and 17:00'],
  ['0 9 * * 1-5', 'weekdays at 09:00'],
  ['30 8 * * MON-FRI', 'weekdays at 08:30'],
  ['0 10 * * 6,0', 'weekends at 10:00'],
  ['0 10 * * 7', 'Sundays at 10:00'],
  ['0 10 * * mon,thu', 'Mondays and Thursdays at 10:00'],
  ['0 0 1 * *', 'on the 1st of each month at 00:00'],
  ['0 6 1,15 * *', 'on the 1st and 15th of each month at 06:00'],
  ['0 18 24 12 *', 'on 24 December at 18:00'],
  ['0 0 9 * * *', 'every day at 09:00'],
  ['*/10 * * * * *', 'every 10 seconds'],
])('says %s as %s', (expression, words) => {
  expect(cronWords(expression)).toBe(words)
})

it.each(['0 9 1 * 1', '0 9-17 * * *', '0 9 L * *', '1-5 * * * *', '0 9 * *', '61 * * * *', '5 0 9 * * *', '0 9 * * 1#2', 'every day', '', '0 9 0 * *'])('leaves %j to its fields', (expression) => {
  expect(cronWords(expression)).toBeNull()
})
