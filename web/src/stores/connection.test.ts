import type { Api } from '../api/client.ts'
import type { SocketState } from '../api/socket.ts'
import { TRPCClientError } from '@trpc/client'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { createApp } from 'vue'
import { apiKey } from '../api/client.ts'
import { useConnection } from './connection.ts'
import { useSession } from './session.ts'

const me = vi.fn()
let tellSocket: (state: SocketState) => void
let tellSignedOut: () => void

beforeEach(() => {
  me.mockReset().mockResolvedValue({ userName: 'owner', organisationName: 'Platform', version: '0.1.0' })
  const app = createApp({})
  app.provide(apiKey, {
    trpc: { system: { me: { query: me } } },
    onSocket: (listener: typeof tellSocket) => tellSocket = listener,
    onSignedOut: (listener: () => void) => tellSignedOut = listener,
  } as unknown as Api) // the part that the stores call
  const pinia = createPinia()
  app.use(pinia)
  setActivePinia(pinia)
})

it('goes from connecting to live, and says that what is shown may be old when the socket is lost', () => {
  const connection = useConnection()
  tellSocket('connecting')
  expect([connection.state, connection.isStale]).toEqual(['connecting', false])
  tellSocket('live')
  expect([connection.state, connection.lostAt]).toEqual(['live', null])
  tellSocket('reconnecting')
  expect([connection.state, connection.isStale]).toEqual(['reconnecting', true])
  expect(connection.lostAt).not.toBeNull()
})

it('asks who is there when the socket is lost, for a refused socket looks like a lost one', async () => {
  const session = useSession()
  const connection = useConnection()
  await session.check()
  expect(session.state).toBe('signed-in')
  me.mockRejectedValue(new TRPCClientError('sign in first', { result: { error: { message: 'sign in first', code: -32001, data: { code: 'UNAUTHORIZED' } } } }))
  tellSocket('reconnecting')
  await session.refresh()
  expect(connection.state).toBe('signed-out')
})

it('keeps the session when the server is only silent', async () => {
  const session = useSession()
  me.mockRejectedValue(new TRPCClientError('Failed to fetch'))
  await session.check()
  expect(session.state).toBe('unreachable')
  me.mockResolvedValue({ userName: 'owner', organisationName: 'Platform', version: '0.1.0' })
  await session.check()
  expect([session.state, session.me?.userName]).toEqual(['signed-in', 'owner'])
})

it('is signed out as soon as any request is refused', async () => {
  const session = useSession()
  await session.check()
  tellSignedOut()
  expect([session.state, session.me]).toEqual(['signed-out', null])
})
