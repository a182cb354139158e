import { SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { createSessions, SESSION_S } from './sessions.ts'

const secretKey = 'a'.repeat(43)

it('reads back the session that it issued, with its user and its end', async () => {
  const sessions = createSessions({ secretKey })
  const session = await sessions.read(await sessions.issue('user-1'))
  expect(session?.userId).toBe('user-1')
  expect(session!.expiresAtMs).toBeGreaterThan(Date.now() + (SESSION_S - 60) * 1000)
})

it('forgets every session when the secret key changes', async () => {
  const token = await createSessions({ secretKey }).issue('user-1')
  expect(await createSessions({ secretKey: 'b'.repeat(43) }).read(token)).toBeNull()
})

it('does not read a revoked session, and reads the others', async () => {
  const sessions = createSessions({ secretKey })
  const [one, other] = [await sessions.issue('user-1'), await sessions.issue('user-1')]
  sessions.revoke((await sessions.read(one))!.id)
  expect(await sessions.read(one)).toBeNull()
  expect(await sessions.read(other)).not.toBeNull()
})

it('reads no token that is unsigned, cut, signed with the secret itself, or not a token', async () => {
  const sessions = createSessions({ secretKey })
  const token = await sessions.issue('user-1')
  const [header, payload, signature] = token.split('.')
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
  const own = await new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject('user-1').setJti('x').setExpirationTime('1h').sign(Buffer.from(secretKey))
  for (const forged of [none, own, `${header}.${payload}.${signature!.slice(1)}`, `${header}.${payload}`, 'abc', ''])
    expect(await sessions.read(forged), forged).toBeNull()
})
