import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { useApi } from '../api/client.ts'
import { isSignedOut } from '../api/explain.ts'

export interface Me { userName: string, organisationName: string, version: string }

/** Who uses the page. `unreachable`: the server did not answer, so nobody knows yet. */
export const useSession = defineStore('session', () => {
  const api = useApi()
  const state = ref<'unknown' | 'signed-in' | 'signed-out' | 'unreachable'>('unknown')
  const me = shallowRef<Me | null>(null)

  api.onSignedOut(() => {
    state.value = 'signed-out'
    me.value = null
  })

  let asking: Promise<void> | null = null

  /** Asks the server until it has answered once. */
  async function check(): Promise<void> {
    if (state.value === 'unknown' || state.value === 'unreachable')
      await refresh()
  }

  /** Asks the server, once at a time. */
  async function refresh(): Promise<void> {
    asking ??= ask().finally(() => asking = null)
    await asking
  }

  async function ask(): Promise<void> {
    try {
      me.value = await api.trpc.system.me.query()
      state.value = 'signed-in'
    }
    catch (error) {
      state.value = isSignedOut(error) ? 'signed-out' : 'unreachable'
    }
  }

  /** Returns the HTTP status of the refusal, or null when the link was good; throws when the server does not answer. */
  async function signIn(token: string): Promise<number | null> {
    const answer = await api.signIn(token)
    if (!answer.ok)
      return answer.status
    await refresh()
    return null
  }

  async function signOut(): Promise<void> {
    await api.signOut()
    state.value = 'signed-out'
    me.value = null
  }

  return { state, me, check, refresh, signIn, signOut }
})
