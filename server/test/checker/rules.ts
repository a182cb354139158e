/**
 * What holds of every history, whatever was killed while it was written. A violation names its rule, so that a test of the checker can
 * say which one a corrupted history must break, and no other.
 */
export const RULES = {
  // One run's row, attempts and events.
  'begins': 'the first event of a run is run.submitted, and no other is',
  'dense': 'the seqs of a run are dense from 1',
  'last seq': 'a run\'s lastSeq is the seq of its last event',
  'one end': 'a final run has one run.ended, any other none',
  'end is last': 'nothing comes after run.ended',
  'end agrees': 'run.ended says the status and the reason of its run',
  'status': 'a run\'s status is the fold over its events, each of which could come where it stands',
  'attempts': 'a run has as many attempts as it has begun',
  'fence': 'what an attempt writes carries its worker and fence, and the run the fence of its last attempt',
  'fences grow': 'each claim has a higher fence than the one before',
  'lease': 'a run has an open attempt and a lease exactly while it runs',
  'attempt order': 'no event of an attempt comes after the next attempt has begun',
  'window': 'a worker writes only between the start and the end of its attempt',
  'effects': 'an effect is settled once, after it was found to be unknown',
  'approvals': 'what a person is asked about begins after the yes, and once for each; a question is decided once',
  'sums': 'the steps, output and tokens of a run, and of its run.ended, are the sum over its events',
  'cost': 'the cost of a run, and of its run.ended, is the sum over its events',
  'failures': 'an attempt counts against retry when it has failed, and not when it was lost',
  'done once': 'a step of a script that is done is not begun again',
  // The database as a whole.
  'kept counts': 'the kept counts of runs are those of the rows',
  'orphans': 'no event is without its run',
  'one run per tick': 'a tick of a schedule has one run at most, and the run that it names is there',
  'holds': 'what is held against a budget is the sum of its holds',
  'overdraft': 'spent and held together are not over a limit that stood before the first call',
  'canary': 'a secret value stands nowhere in the database',
  // The database beside what its clients were told.
  'acknowledged': 'what was acknowledged is stored',
  'one run per key': 'an idempotency key has one run',
  'seen': 'what a subscriber saw is what is stored from its cursor, in order, once',
  'stuck': 'no run is queued or running for ever',
} as const

export type Rule = keyof typeof RULES

export interface Violation {
  rule: Rule
  /** The run, the tick, the client. */
  where: string
  /** What there is instead. */
  found: string
}

export function inWords({ rule, where, found }: Violation): string {
  return `${where}: ${found} (${rule}: ${RULES[rule]})`
}
