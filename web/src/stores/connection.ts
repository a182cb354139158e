import type { SocketState } from '../api/socket.ts'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { useApi } from '../api/client.ts'
import { useSession } from './session.ts'

export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'offline' | 'signed-out'

/** Whether what the pages show is live. */
export const useConnection = defineStore('connection', () => {
  const session = useSession()
  const socket = ref<SocketState>('idle')
  const onLine = ref(true)
  const lostAt = ref<number | null>(null)

  useApi().onSocket((state) => {
    // A refused socket looks like a lost one. Whether the session is still good, only a request can tell.
    if (state === 'reconnecting')
      void session.refresh()
    if (state === 'live')
      void session.check()
    socket.value = state
    lostAt.value = state === 'live' ? null : lostAt.value ?? Date.now()
  })

  if (typeof window !== 'undefined') {
    onLine.value = navigator.onLine
    addEventListener('online', () => onLine.value = true)
    addEventListener('offline', () => onLine.value = false)
  }

  const state = computed<ConnectionState>(() => {
    if (session.state === 'signed-out')
      return 'signed-out'
    if (socket.value === 'live')
      return 'live'
    if (!onLine.value)
      return 'offline'
    return socket.value === 'reconnecting' ? 'reconnecting' : 'connecting'
  })

  /** What is shown may be old. */
  const isStale = computed(() => state.value === 'reconnecting' || state.value === 'offline')

  return { state, isStale, lostAt }
})
