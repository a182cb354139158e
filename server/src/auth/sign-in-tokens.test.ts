import { expect, it } from 'vitest'
import { createSignInTokens } from './sign-in-tokens.ts'

it('redeems a token once', () => {
  const tokens = createSignInTokens()
  const token = tokens.mint()
  expect(tokens.redeem('something else')).toBe(false)
  expect(tokens.redeem(token)).toBe(true)
  expect(tokens.redeem(token)).toBe(false)
})

it('gives every token 256 random bits', () => {
  const tokens = createSignInTokens()
  const minted = Array.from({ length: 20 }, () => tokens.mint())
  expect(new Set(minted).size).toBe(20)
  for (const token of minted)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
})

it('keeps a bounded number of links that nobody opened', () => {
  const tokens = createSignInTokens()
  const first = tokens.mint()
  const last = Array.from({ length: 32 }, () => tokens.mint()).at(-1)!
  expect(tokens.redeem(first)).toBe(false)
  expect(tokens.redeem(last)).toBe(true)
})
