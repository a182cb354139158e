import { RateLimiterMemory } from 'rate-limiter-flexible'

const FAILURES = 10
const WINDOW_S = 10 * 60

export interface Attempts {
  /** Seconds until this address may try again; 0 when it may now. */
  waitS: (address: string) => Promise<number>
  failed: (address: string) => Promise<void>
}

/** Counts failed sign-ins by address. A success costs nothing, so a person who mistypes once is not locked out. */
export function createAttempts({ failures = FAILURES, windowS = WINDOW_S } = {}): Attempts {
  const limiter = new RateLimiterMemory({ points: failures, duration: windowS })
  return {
    async waitS(address) {
      const seen = await limiter.get(address)
      return seen && seen.consumedPoints >= failures ? Math.ceil(seen.msBeforeNext / 1000) : 0
    },
    async failed(address) {
      await limiter.penalty(address)
    },
  }
}
