import type { Unit } from '../domain/budget.ts'
import type { NewEvent } from '../domain/event.ts'
import type { Prices, TokenUsage } from '../domain/price.ts'
import type { Database } from '../store/database.ts'
import type { CallBudget, Held, Spender } from '../store/reserve.ts'
import { budgetInWords, figuresOf, whyExhausted } from '../domain/budget-words.ts'
import { nanosOf, usdOf } from '../domain/budget.ts'
import { event } from '../domain/event.ts'
import { APPROACHED } from '../domain/limits.ts'
import { costOf } from '../domain/price.ts'
import { keepTrying } from '../events/keep-trying.ts'
import { newId } from '../store/id.ts'
import { releaseHold } from '../store/lost-holds.ts'
import { reserve } from '../store/reserve.ts'
import { worstCost } from './worst-cost.ts'

export interface SpendingOptions {
  db: Database
  spender: Spender
  priceOf: Prices['priceOf']
  /** The manifest says that what has no price is not to be counted in money. */
  isUnmetered: boolean
  /** For the run's log. */
  tell: (events: NewEvent[]) => void
  /** The run may spend no more: it ends. */
  exhaust: (detail: string) => void
  /** Aborted when the run is to end. */
  signal: AbortSignal
}

/** What every call to a model of one attempt passes before it is made, and after it has ended. */
export interface Spending {
  begin: (call: CallToBegin) => Promise<Begun | { ok: false, detail: string }>
}

export interface CallToBegin {
  step: number
  model: string
  /** As it is sent, or near it: no tokenizer makes more tokens than there are bytes. */
  inputBytes: number
  /** Messages and tools, around each of which a vendor puts words of its own. */
  parts: number
  /** The longest answer that whoever calls has asked for itself; null: it says nothing. */
  maxOutputTokens: number | null
  /** How many answers are asked for at once. */
  answers?: number
  /** Beside what is sent, the provider reads what it has kept. */
  hasUnseen?: boolean
}

export interface Begun {
  ok: true
  /** Names its hold; null when nothing limits the call. */
  call: string | null
  /** The longest answer that may be asked for, of each of the answers; null: any. */
  maxOutputTokens: number | null
  /** What it came to, for `model.responded`, in whose transaction the hold is settled. */
  count: (ended: EndedCall) => Counted
  /** It was not made. */
  release: () => Promise<void>
}

export interface EndedCall {
  /** As far as the provider has said it; zeros are what was not said. */
  usage: TokenUsage
  /** The provider has brought its answer to an end. */
  isWhole: boolean
  /** It never began: the provider refused, or was not there. */
  isFree: boolean
  /** What came of the answer. */
  answerBytes: number
}

export interface Counted { usage: TokenUsage, costUsd: number | null, call?: string, counted?: 'said' | 'bound' }

/** What a vendor adds for itself to each message and tool, and to the whole: the longest known is its instructions for tools. */
const TOKENS_OF_A_PART = 16
const TOKENS_OF_A_CALL = 1_000
/** No model reads more at once. */
const UNSEEN_TOKENS = 2_000_000
/** Asked for where a budget holds and nobody says how long an answer may be. */
const OUTPUT_TOKENS = 16_384
/** A shorter answer is of no use. */
const LEAST_OUTPUT_TOKENS = 256

export function createSpending(o: SpendingOptions): Spending {
  const said = new Set<string>()

  async function begin({ step, model, inputBytes, parts, maxOutputTokens, answers = 1, hasUnseen = false }: CallToBegin): ReturnType<Spending['begin']> {
    const price = o.priceOf(model)
    const inputTokens = inputBytes + parts * TOKENS_OF_A_PART + TOKENS_OF_A_CALL + (hasUnseen ? UNSEEN_TOKENS : 0)
    const outputTokens = (maxOutputTokens ?? OUTPUT_TOKENS) * answers
    const nanos = (tokens: number) => price ? worstCost(price, inputTokens, tokens) : o.isUnmetered ? 0 : Infinity
    const call = newId()
    const wish = { inputTokens, outputTokens, leastOutputTokens: LEAST_OUTPUT_TOKENS * answers, nanos }
    const held = await keepTrying(() => reserve(o.db, o.spender, { call, step, model, wish }), () => o.signal.aborted)
    if (held && !held.ok)
      return { ok: false, detail: refuse(model, held) }
    held?.budgets.forEach(budget => warn(budget, { nanos: 0, tokens: 0 }))
    return {
      ok: true,
      call: held ? call : null,
      maxOutputTokens: held ? Math.floor(held.outputTokens / answers) : null,
      count({ usage, isWhole, isFree, answerBytes }) {
        const most = { inputTokens, outputTokens: held?.outputTokens ?? answerBytes }
        const { counted, ...real } = isFree ? { ...usage, counted: 'said' as const } : countedOf(usage, { isWhole, answerBytes }, most)
        const costUsd = price && real.inputTokens + real.outputTokens > 0 ? costOf(price, real) : null
        held?.budgets.forEach(budget => warn(budget, { nanos: nanosOf(costUsd ?? 0), tokens: real.inputTokens + real.outputTokens }))
        return { usage: real, costUsd, ...held && { call }, ...counted === 'bound' && { counted } }
      },
      release: async () => held ? keepTrying(() => releaseHold(o.db, call), () => false) : undefined,
    }
  }

  function refuse(model: string, { standing, unit, wanted }: Extract<Held, { ok: false }>): string {
    const amount = Number.isFinite(wanted) ? unit === 'usd' ? usdOf(wanted) : wanted : null
    const detail = whyExhausted({ model, standing, unit, wanted: amount })
    const { allowed, spent, held } = figuresOf(unit, standing)
    o.tell([standing.scope === 'run'
      ? event('limit.reached', { limit: unit === 'usd' ? 'cost' : 'tokens', used: spent + held, allowed })
      : event('budget.reached', { budget: budgetInWords(standing), unit, spent, held, allowed, wanted: amount })])
    o.exhaust(detail)
    return detail
  }

  /** Once for each budget and unit, when four fifths are spent. */
  function warn(budget: CallBudget, more: { nanos: number, tokens: number }): void {
    const now = { ...budget, spentNanos: budget.spentNanos + more.nanos, spentTokens: budget.spentTokens + more.tokens }
    for (const unit of ['usd', 'tokens'] as const) {
      const { allowed, spent } = figuresOf(unit, now)
      const name = `${budget.budgetId} ${budget.key} ${unit}`
      if (!limits(budget, unit) || spent < allowed * APPROACHED || said.has(name))
        continue
      said.add(name)
      o.tell([budget.scope === 'run'
        ? event('limit.approached', { limit: unit === 'usd' ? 'cost' : 'tokens', used: spent, allowed })
        : event('budget.approached', { budget: budgetInWords(budget), unit, spent, held: 0, allowed })])
    }
  }

  return { begin }
}

function limits({ limitNanos, limitTokens }: CallBudget, unit: Unit): boolean {
  return (unit === 'usd' ? limitNanos : limitTokens) !== null
}

/** What the provider has said; where it has said nothing, the most that it can have been. */
function countedOf(said: TokenUsage, { isWhole, answerBytes }: { isWhole: boolean, answerBytes: number }, most: { inputTokens: number, outputTokens: number }): TokenUsage & { counted: 'said' | 'bound' } {
  const knowsInput = said.inputTokens > 0
  const knowsOutput = isWhole && (said.outputTokens > 0 || (knowsInput && answerBytes === 0))
  return {
    ...said,
    inputTokens: knowsInput ? said.inputTokens : most.inputTokens,
    outputTokens: knowsOutput ? said.outputTokens : Math.max(most.outputTokens, said.outputTokens),
    counted: knowsInput && knowsOutput ? 'said' : 'bound',
  }
}
