import { expect, it } from 'vitest'
import { createSealer } from './seal.ts'
import { whyMissing } from './vault.ts'

const KEY = 'k'.repeat(43)
const PLACE = { organisationId: 'o1', name: 'TOKEN' }

it('a sealed value opens again, and is sealed differently each time', () => {
  const sealer = createSealer(KEY)
  const sealed = sealer.seal('válue\n', PLACE)
  expect(sealer.unseal(sealed, PLACE)).toBe('válue\n')
  expect(sealer.seal('válue\n', PLACE)).not.toBe(sealed)
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('lue')
})

it('opens nowhere else, under no other key, and not when it was changed', () => {
  const sealer = createSealer(KEY)
  const sealed = sealer.seal('a value', PLACE)
  expect(sealer.unseal(sealed, { ...PLACE, name: 'OTHER' })).toBeNull()
  expect(sealer.unseal(sealed, { ...PLACE, organisationId: 'o2' })).toBeNull()
  expect(createSealer(`${KEY}!`).unseal(sealed, PLACE)).toBeNull()
  const bytes = Buffer.from(sealed, 'base64')
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes)
    changed[i]! ^= 1
    expect(sealer.unseal(changed.toString('base64'), PLACE)).toBeNull()
  }
  for (const torn of ['', 'AQ==', sealed.slice(0, 20), 'no base64 at all'])
    expect(sealer.unseal(torn, PLACE)).toBeNull()
})

it('what is missing is named, with the command that stores it', () => {
  expect(whyMissing(['A', 'B'], ['B', 'A'])).toBeNull()
  expect(whyMissing(['A', 'B'], ['B'])).toBe('The secret A is not stored here. What to do: agentos secret set A')
  expect(whyMissing(['A', 'B'], [])).toBe('The secrets A, B are not stored here. What to do: agentos secret set A, agentos secret set B')
})
